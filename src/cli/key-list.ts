import { listApiKeys } from '../store/api-keys.ts';
import { readArguments } from './read-arguments.ts';
import { table } from './table.ts';
import { withStore } from './with-store.ts';

/** `parley key list`: the keys in the database, then those that stand in `parley.yml`. */
export async function keyList(argv: readonly string[]): Promise<void> {
  const { config } = readArguments(argv, {}, { min: 0, max: 0, usage: 'key list' });
  const stored = await withStore(config, (store) => listApiKeys(store));
  const rows = [
    ...stored.map(({ id, prefix, app_id, last_used_at }) => [id, `${prefix}…`, app_id, timeOf(last_used_at)]),
    ...config.keys.map(({ key, app }) => ['(parley.yml)', `${key.slice(0, 8)}…`, app, '-']),
  ];
  console.log(rows.length === 0 ? 'No keys' : table(['ID', 'KEY', 'APP', 'LAST USED'], rows));
}

function timeOf(ms: number | null): string {
  return ms === null ? 'never' : `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
