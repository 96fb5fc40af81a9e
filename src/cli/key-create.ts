import { createAppKey } from '../apps/key-ring.ts';
import { createAccessToken } from '../apps/token-ring.ts';
import type { Config } from '../config/config.ts';
import { TOKEN_SCOPES } from '../config/token-scopes.ts';
import { CliError } from './cli-error.ts';
import { readAppsFolder } from './read-apps-folder.ts';
import { readArguments } from './read-arguments.ts';
import { withStore } from './with-store.ts';

type Names = readonly string[] | 'all';

const USAGE = 'key create --app ID | --coze [--bots ID,ID] [--scopes NAME,NAME]';

/**
 * `parley key create --app ID`: a key of an app. With `--coze` instead an access token, for all apps and permissions
 * or those that are named. The key or token, and nothing else, goes to stdout.
 */
export async function keyCreate(argv: readonly string[]): Promise<void> {
  const { values, config } = readArguments(
    argv,
    {
      app: { type: 'string' },
      coze: { type: 'boolean' },
      bots: { type: 'string' },
      scopes: { type: 'string' },
    },
    { min: 0, max: 0, usage: USAGE },
  );
  const { app, coze = false, bots, scopes } = values;
  if (coze && app !== undefined) throw misused('--coze and --app are for different keys');
  if (!coze && (bots ?? scopes) !== undefined) throw misused('--bots and --scopes need --coze');
  if (coze) {
    const apps = bots === undefined ? 'all' : await knownApps(config, listed('--bots', bots));
    const access = { apps, scopes: scopes === undefined ? 'all' : knownScopes(listed('--scopes', scopes)) };
    console.log(await withStore(config, (store) => createAccessToken(store, access)));
  } else {
    if (app === undefined) throw new CliError(`usage: parley ${USAGE}`, 2);
    await knownApps(config, [app]);
    console.log(await withStore(config, (store) => createAppKey(store, app)));
  }
}

function misused(reason: string): CliError {
  return new CliError(`${reason}\nusage: parley ${USAGE}`, 2);
}

/** Names with commas between them; `*` among them is all, as in `parley.yml`. */
function listed(flag: string, value: string): Names {
  const names = value.split(',').map((name) => name.trim());
  if (names.includes('')) throw misused(`${flag} takes names with commas between them, or * for all`);
  return names.includes('*') ? 'all' : names;
}

async function knownApps(config: Config, ids: Names): Promise<Names> {
  if (ids === 'all') return ids;
  const known = (await readAppsFolder(config)).map(({ id }) => id);
  const missing = ids.filter((id) => !known.includes(id));
  if (missing.length === 0) return ids;
  throw new CliError(
    `there is no app ${missing.join(', ')} in ${config.appsDir}; there are: ${known.join(', ') || 'none'}`,
  );
}

function knownScopes(names: Names): Names {
  if (names === 'all') return names;
  const known: readonly string[] = TOKEN_SCOPES;
  const missing = names.filter((name) => !known.includes(name));
  if (missing.length === 0) return names;
  throw new CliError(`there is no permission ${missing.join(', ')}; there are: ${known.join(', ')}`);
}
