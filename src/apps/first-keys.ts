import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
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
 * `keys.txt` in the data folder (mode 0600). The empty file `keys-made` beside it says that `keys.txt` has been there:
 * once the owner has deleted that, it is not made again, and new keys are shown this once.
 */
export async function ensureFirstKeys(
  store: Store,
  apps: readonly App[],
  options: {
    readonly dataDir: string;
    /** Not read any more; goes when `server.ts` no longer names it. */
    readonly configured: readonly { readonly key: string; readonly app: string }[];
  },
): Promise<ReadonlyMap<string, string>> {
  const path = join(options.dataDir, 'keys.txt');
  const made = join(options.dataDir, 'keys-made');
  const keepFile = existsSync(path) || !existsSync(made);
  const shown = new Map(options.configured.map(({ app, key }) => [app, key]));
  const existing = await listApiKeys(store);
  const valid = new Set(existing.map((key) => key.hash));
  // Lines without a key in the store: revoked ones, and those of a start that was killed before it stored the key.
  for (const [app, key] of readKeys(path))
    if (!shown.has(app) && valid.has(hashKey(key))) shown.set(app, key);
  const haveKeys = new Set(existing.map((key) => key.app_id));
  for (const app of apps) {
    if (haveKeys.has(app.id) || shown.has(app.id)) continue;
    const key = await createAppKey(store, app.id, (key) => {
      if (keepFile) keepKey(path, app.id, key);
    });
    shown.set(app.id, key);
  }
  if (existsSync(path) && !existsSync(made)) writeFileSync(made, '', { mode: 0o600 });
  return shown;
}

function keepKey(path: string, app: string, key: string): void {
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  // A line that a killed start left unfinished is ended first.
  const before = text === '' ? HEADER : text.endsWith('\n') ? '' : '\n';
  appendFileSync(path, `${before}${app} ${key}\n`, { mode: 0o600 });
}

function readKeys(path: string): [string, string][] {
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .filter((words): words is [string, string] => words.length === 2 && words[0] !== '#');
}
