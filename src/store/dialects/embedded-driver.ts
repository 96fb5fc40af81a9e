import type { DatabaseSync } from 'node:sqlite';
import {
  CompiledQuery,
  type DatabaseConnection,
  type QueryResult,
  type SqliteDatabase,
  SqliteDriver,
} from 'kysely';
import { isBusy } from './is-busy.ts';

/** How long a statement waits for another process that writes, all in all, before it fails. */
const PATIENCE_MS = 5_000;
const FIRST_PAUSE_MS = 2;
const LONGEST_PAUSE_MS = 50;

/**
 * Kysely's driver, patient with other processes: while one of them (`parley key create`, a backup) has the database
 * locked, a statement is tried again every few milliseconds. SQLite's own patience, `busy_timeout`, would hold the
 * event loop and with it every stream. Between tries the connection is free for others, so reading goes on.
 */
export class EmbeddedDriver extends SqliteDriver {
  readonly #db: DatabaseSync;
  #connection: DatabaseConnection | undefined;

  constructor(database: SqliteDatabase, db: DatabaseSync) {
    super({ database });
    this.#db = db;
  }

  override async acquireConnection(): Promise<DatabaseConnection> {
    const inner = await super.acquireConnection();
    this.#connection ??= {
      executeQuery: (query) => this.#execute(inner, query),
      streamQuery: (query, chunkSize) => inner.streamQuery(query, chunkSize),
    };
    return this.#connection;
  }

  /** Takes the write lock at once: a transaction that has begun then never meets another writer half way. */
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'));
  }

  #execute<R>(inner: DatabaseConnection, query: CompiledQuery): Promise<QueryResult<R>> {
    try {
      return inner.executeQuery(query);
    } catch (error) {
      if (!isBusy(error) || this.#db.isTransaction) throw error;
      return this.#executeLater(inner, query);
    }
  }

  async #executeLater<R>(inner: DatabaseConnection, query: CompiledQuery): Promise<QueryResult<R>> {
    const patientUntil = performance.now() + PATIENCE_MS;
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      await this.releaseConnection();
      await new Promise((resolve) => setTimeout(resolve, pause));
      await super.acquireConnection();
      try {
        return await inner.executeQuery<R>(query);
      } catch (error) {
        if (!isBusy(error) || performance.now() >= patientUntil) throw error;
      }
    }
  }
}
