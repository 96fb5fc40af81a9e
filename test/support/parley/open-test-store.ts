import { openStore, type Store } from '../../../src/store/open-store.ts';
import type { TestParley } from './start-parley.ts';

/** The server's own database, through a connection of the test's. Close with `store.destroy()`. */
export function openTestStore({ database }: Pick<TestParley, 'database'>): Promise<Store> {
  return openStore(database, { info: () => {} });
}
