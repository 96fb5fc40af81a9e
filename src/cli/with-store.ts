import type { Config } from '../config/config.ts';
import { openStore, type Store } from '../store/open-store.ts';

/** Opens the configured database for one piece of work; a server may be running on it. */
export async function withStore<T>(config: Config, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore(config.database, { info: (_facts, message) => console.error(message) });
  try {
    return await work(store);
  } finally {
    await store.destroy();
  }
}
