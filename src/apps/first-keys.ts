import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { listApiKeys } from '../store/api-keys.ts';
import type { Store } from '../store/open-store.ts';
import type { App } from './app.ts';
import { hashKey } from './hash-key.ts';
import { createAppKey } from './key-ring.ts';

const HEADER =
  '# Keys made at first start, so that each start can print working examples. Delete this file when you like.\n';

/**
 * Sees to it that every app has a key, and answers those that can be shown, by app id. Keys made here are kept in
 * `keys.txt` in the data folder (mode 0600); once the owner has deleted that file, new ones are shown this once.
 */
export async function ensureFirstKeys(
  store: Store,
  apps: readonly App[],
  options: {
    readonly dataDir: string;
    readonly firstStart: boolean;
    readonly configured: readonly { readonly key: string; readonly app: string }[];
  },
): Promise<ReadonlyMap<string, string>> {
  const path = join(options.dataDir, 'keys.txt');
  const shown = new Map(options.configured.map(({ app, key }) => [app, key]));
  const existing = await listApiKeys(store);
  const keepFile = options.firstStart || existsSync(path);
  const valid = new Set(existing.map((key) => key.hash));
  for (const [app, key] of readKeys(path))
    if (!shown.has(app) && valid.has(hashKey(key))) shown.set(app, key);
  const haveKeys = new Set(existing.map((key) => key.app_id));
  for (const app of apps) {
    if (haveKeys.has(app.id) || shown.has(app.id)) continue;
    const key = await createAppKey(store, app.id);
    if (keepFile)
      appendFileSync(path, `${existsSync(path) ? '' : HEADER}${app.id} ${key}\n`, { mode: 0o600 });
    shown.set(app.id, key);
  }
  return shown;
}

function readKeys(path: string): [string, string][] {
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(' ') as [string, string]);
}
