import { deleteApiKey } from '../store/api-keys.ts';
import { CliError } from './cli-error.ts';
import { readArguments } from './read-arguments.ts';
import { withStore } from './with-store.ts';

/** `parley key revoke ID`, by the id that `key list` shows. */
export async function keyRevoke(argv: readonly string[]): Promise<void> {
  const { positionals, config } = readArguments(argv, {}, { min: 1, max: 1, usage: 'key revoke ID' });
  const [id = ''] = positionals;
  if (!(await withStore(config, (store) => deleteApiKey(store, id)))) {
    throw new CliError(`there is no key with the id ${id}; see parley key list`);
  }
  console.log(`revoked ${id}`);
}
