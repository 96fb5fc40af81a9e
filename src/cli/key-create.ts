import { createAppKey } from '../apps/key-ring.ts';
import { CliError } from './cli-error.ts';
import { readAppsFolder } from './read-apps-folder.ts';
import { readArguments } from './read-arguments.ts';
import { withStore } from './with-store.ts';

const USAGE = 'key create --app ID';

/** `parley key create --app ID`: the key, and nothing else, on stdout. */
export async function keyCreate(argv: readonly string[]): Promise<void> {
  const { values, config } = readArguments(
    argv,
    { app: { type: 'string' } },
    { min: 0, max: 0, usage: USAGE },
  );
  const { app } = values;
  if (app === undefined) throw new CliError(`usage: parley ${USAGE}`, 2);
  const known = (await readAppsFolder(config)).map(({ id }) => id);
  if (!known.includes(app)) {
    throw new CliError(
      `there is no app ${app} in ${config.appsDir}; there are: ${known.join(', ') || 'none'}`,
    );
  }
  console.log(await withStore(config, (store) => createAppKey(store, app)));
}
