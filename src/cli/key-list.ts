import { type TokenAccess, tokenAccess } from '../apps/token-ring.ts';
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
    ...keys.map((key) => ({ ...key, opens: key.app_id, scopes: '-' })),
    ...tokens.map((token) => ({ ...token, ...shown(tokenAccess(token)) })),
  ];
  const configured = [
    ...config.keys.map(({ key, app }) => ({ key, opens: app, scopes: '-' })),
    ...config.tokens.map((token) => ({ key: token.key, ...shown(token) })),
  ];
  const rows = [
    ...stored.map(({ id, prefix, opens, scopes, last_used_at }) => [
      id,
      `${prefix}…`,
      opens,
      scopes,
      timeOf(last_used_at),
    ]),
    ...configured.map(({ key, opens, scopes }) => [
      '(parley.yml)',
      `${key.slice(0, 8)}…`,
      opens,
      scopes,
      '-',
    ]),
  ];
  console.log(rows.length === 0 ? 'No keys' : table(['ID', 'KEY', 'APP', 'SCOPES', 'LAST USED'], rows));
}

function shown({ apps, scopes }: TokenAccess): { readonly opens: string; readonly scopes: string } {
  const words = (list: readonly string[] | 'all') => (list === 'all' ? '*' : list.join(','));
  return { opens: words(apps), scopes: words(scopes) };
}

function timeOf(ms: number | null): string {
  return ms === null ? 'never' : `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
