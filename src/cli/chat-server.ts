import { ensureFirstKeys } from '../apps/first-keys.ts';
import { createAppKey } from '../apps/key-ring.ts';
import type { Config } from '../config/config.ts';
import { createLog } from '../operations/create-log.ts';
import { startServer } from '../server.ts';
import { deleteApiKey, listApiKeys } from '../store/api-keys.ts';
import { DataFolderInUse } from '../store/data-folder.ts';
import { CliError } from './cli-error.ts';
import { readServerAddress } from './server-address.ts';
import { withStore } from './with-store.ts';

/** A server to talk to, and the key of the app to talk with. */
export interface ChatServer {
  /** Without `/v1`. */
  readonly url: string;
  readonly key: string;
  close(): Promise<void>;
}

export interface ChatServerOptions {
  readonly app: string;
  readonly url: string | undefined;
  readonly key: string | undefined;
}

/**
 * The server at `url`, else the one that runs on the data folder, else one of our own in this process. The key is
 * the given one, else one that may be shown (`parley.yml`, `keys.txt`), else one that lives as long as the chat.
 */
export async function openChatServer(
  config: Config,
  { app, url, key }: ChatServerOptions,
): Promise<ChatServer> {
  if (url !== undefined) {
    const known = key ?? (await shownKey(config, app));
    if (known === undefined) throw new CliError(`no key for ${app} is at hand; give one with --key`);
    return { url: url.replace(/\/+(v1\/*)?$/, ''), key: known, close: async () => {} };
  }
  const server = await localServer(config);
  try {
    const known = key ?? (await shownKey(config, app));
    if (known !== undefined) return { ...server, key: known };
    const { id, key: temporary } = await temporaryKey(config, app);
    return {
      url: server.url,
      key: temporary,
      async close() {
        await server.close();
        await withStore(config, (store) => deleteApiKey(store, id));
      },
    };
  } catch (error) {
    await server.close();
    throw error;
  }
}

async function localServer(config: Config): Promise<Omit<ChatServer, 'key'>> {
  const limits = { ...config.limits, drainMs: 0 };
  try {
    const coze = { ...config.coze, port: null };
    const own = { ...config, host: '127.0.0.1', port: 0, coze, limits };
    const { url, close } = await startServer(own, createLog('error'));
    return { url, close };
  } catch (error) {
    const url = error instanceof DataFolderInUse ? readServerAddress(config.dataDir) : null;
    if (url === null) throw error;
    return { url, close: async () => {} };
  }
}

async function shownKey(config: Config, app: string): Promise<string | undefined> {
  const options = { dataDir: config.dataDir, configured: config.keys };
  return (await withStore(config, (store) => ensureFirstKeys(store, [], options))).get(app);
}

function temporaryKey(config: Config, app: string): Promise<{ readonly id: string; readonly key: string }> {
  return withStore(config, async (store) => {
    const before = new Set((await listApiKeys(store, app)).map(({ id }) => id));
    const key = await createAppKey(store, app);
    const made = (await listApiKeys(store, app)).find(
      ({ id, prefix }) => !before.has(id) && key.startsWith(prefix),
    );
    if (!made) throw new Error('the key that was just made is gone');
    return { id: made.id, key };
  });
}
