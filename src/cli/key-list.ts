import { tokenAccess } from '../apps/token-ring.ts';
import { listAccessTokens } from '../store/access-tokens.ts';
import { listApiKeys } from '../store/api-keys.ts';
import { readArguments } from './read-arguments.ts';
import { table } from './table.ts';
import { withStore } from './with-store.ts';

/** `parley key list`: the keys and access tokens in the database, then those that stand in `parley.yml`. */
export async function keyList(argv: readonly string[]): Promise<void> {
  const { config } = readArguments(argv, {}, { min: 0, max: 0, usage: 'key list' });
  const [keys, tokens] = await withStore(config, async (store) => [
    await listApiKeys(store),
    await listAccessTokens(store),
  ]);
  const stored = [
    ...keys.map((key) => ({ ...key, opens: key.app_id })),
    ...tokens.map((token) => ({ ...token, opens: appsOf(tokenAccess(token)) })),
  ];
  const configured = [
    ...config.keys.map(({ key, app }) => ({ key, opens: app })),
    ...config.tokens.map((token) => ({ key: token.key, opens: appsOf(token) })),
  ];
  const rows = [
    ...stored.map(({ id, prefix, opens, last_used_at }) => [id, `${prefix}…`, opens, timeOf(last_used_at)]),
    ...configured.map(({ key, opens }) => ['(parley.yml)', `${key.slice(0, 8)}…`, opens, '-']),
  ];
  console.log(rows.length === 0 ? 'No keys' : table(['ID', 'KEY', 'APP', 'LAST USED'], rows));
}

function appsOf({ apps }: { readonly apps: readonly string[] | 'all' }): string {
  return apps === 'all' ? '*' : apps.join(',');
}

function timeOf(ms: number | null): string {
  return ms === null ? 'never' : `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
