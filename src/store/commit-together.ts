import { SqliteAdapter, type Transaction } from 'kysely';
import { isBusy } from './dialects/is-busy.ts';
import type { Store } from './open-store.ts';
import type { Database } from './schema.ts';

interface Waiting {
  readonly work: (trx: Transaction<Database>) => Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

const queues = new WeakMap<Store, Waiting[]>();

/**
 * Runs `work` in a transaction and answers when it is committed. SQLite has one writer, so what arrives in the same
 * turn of the event loop shares one commit there: pages that several would write are written once. PostgreSQL
 * commits side by side. `work` may be run again when another's in the same commit fails: it must do nothing
 * but write through `trx`.
 */
export function commitTogether<T>(
  store: Store,
  work: (trx: Transaction<Database>) => Promise<T>,
): Promise<T> {
  if (!(store.getExecutor().adapter instanceof SqliteAdapter)) return store.transaction().execute(work);
  return new Promise((resolve, reject) => {
    const waiting = { work, resolve: resolve as Waiting['resolve'], reject };
    const queue = queues.get(store);
    if (queue) {
      queue.push(waiting);
      return;
    }
    const all = [waiting];
    queues.set(store, all);
    setImmediate(() => {
      queues.delete(store);
      void commitAll(store, all);
    });
  });
}

async function commitAll(store: Store, all: readonly Waiting[]): Promise<void> {
  try {
    const results = await store.transaction().execute(async (trx) => {
      const values: unknown[] = [];
      for (const { work } of all) values.push(await work(trx));
      return values;
    });
    for (const [index, { resolve }] of all.entries()) resolve(results[index]);
  } catch (error) {
    // A database that stayed locked through all patience is so for each of them.
    if (all.length === 1 || isBusy(error)) for (const { reject } of all) reject(error);
    // One of them failed and took the others back with it: each gets a transaction of its own.
    else for (const one of all) await commitAll(store, [one]);
  }
}
