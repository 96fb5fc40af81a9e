import { Kysely } from 'kysely';
import type { Config } from '../config/config.ts';
import { postgres } from './dialects/postgres.ts';
import { sqlite } from './dialects/sqlite.ts';
import { migrate } from './migrate.ts';
import type { Database } from './schema.ts';

/** The open database. Every function of this room takes it first, then whose data it may touch. */
export type Store = Kysely<Database>;

/** Opens the configured database and brings its schema up to date. Close with `store.destroy()`. */
export async function openStore(
  database: Config['database'],
  log: { info(o: object, msg: string): void },
): Promise<Store> {
  const dialect = database.kind === 'sqlite' ? sqlite(database.path) : await postgres(database.url);
  const store = new Kysely<Database>({ dialect: dialect.kysely });
  try {
    await migrate(store as Kysely<unknown> & Store, dialect, log);
  } catch (error) {
    await store.destroy();
    throw error;
  }
  return store;
}
