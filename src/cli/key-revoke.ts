import { deleteAccessToken } from '../store/access-tokens.ts';
import { deleteApiKey } from '../store/api-keys.ts';
import { CliError } from './cli-error.ts';
import { readArguments } from './read-arguments.ts';
import { withStore } from './with-store.ts';

/** `parley key revoke ID`, of a key or an access token, by the id that `key list` shows. */
export async function keyRevoke(argv: readonly string[]): Promise<void> {
  const { positionals, config } = readArguments(argv, {}, { min: 1, max: 1, usage: 'key revoke ID' });
  const [id = ''] = positionals;
  const found = await withStore(
    config,
    async (store) => (await deleteApiKey(store, id)) || (await deleteAccessToken(store, id)),
  );
  if (!found) throw new CliError(`there is no key with the id ${id}; see parley key list`);
  console.log(`revoked ${id}`);
}
