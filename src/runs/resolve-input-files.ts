import type { App } from '../apps/app.ts';
import { invalidParam } from '../errors.ts';
import type { Store } from '../store/open-store.ts';
import type { Owner } from '../store/owner.ts';
import { resolveFiles } from './resolve-files.ts';
import type { RunFile } from './run-file.ts';

/**
 * The files that came as inputs, by variable: `inputs` have been checked against the form and hold their mappings
 * (`facts/dify-wire.md` §6.1).
 *
 * @throws ParleyError `invalid_param`
 */
export async function resolveInputFiles(
  store: Store,
  owner: Owner,
  { mode, config: { inputForm } }: App,
  inputs: Readonly<Record<string, unknown>>,
): Promise<Readonly<Record<string, readonly RunFile[]>>> {
  const found: [string, readonly RunFile[]][] = [];
  for (const { variable, files, type } of inputForm) {
    const value = inputs[variable];
    if (files === null || value === null || value === undefined) continue;
    const mappings = Array.isArray(value) ? value : [value];
    const resolved = await resolveFiles(store, owner, files, mappings, { strict: mode === 'workflow' });
    if (type === 'file' && resolved.length === 0) throw invalidParam('Invalid file url');
    found.push([variable, resolved]);
  }
  return Object.fromEntries(found);
}
