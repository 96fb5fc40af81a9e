import { randomUUID } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import {
  type Driver,
  SqliteAdapter,
  type SqliteDatabase,
  SqliteDialect,
  type SqliteStatement,
  sql,
} from 'kysely';
import { publishFile } from '../publish-file.ts';
import type { Dialect } from './dialect.ts';
import { EmbeddedDriver } from './embedded-driver.ts';

/** Statements kept prepared; the server's own statements number well below this. */
const MAX_PREPARED = 500;

/**
 * The embedded database: `node:sqlite` in WAL mode.
 *
 * `synchronous = normal` survives a killed process without loss; after a power cut the last commits may be
 * missing, but the database is intact. Files are readable by the owner only.
 */
export function sqlite(path: string): Dialect {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const db = new DatabaseSync(path);
  chmodSync(path, 0o600);
  // Waiting for other processes holds nobody up while the database is opened; later the driver waits instead.
  db.exec(
    'pragma busy_timeout = 5000; pragma journal_mode = wal; pragma synchronous = normal; pragma foreign_keys = on;' +
      'pragma temp_store = memory; pragma cache_size = -8000; pragma busy_timeout = 0;',
  );
  return {
    kind: 'sqlite',
    bigint: 'integer',
    clustered: sql`without rowid`,
    kysely: new EmbeddedDialect(db),
    backup(version) {
      const partial = `${path}.${randomUUID()}.partial`;
      try {
        db.exec(`vacuum into '${partial.replaceAll("'", "''")}'`);
        chmodSync(partial, 0o600);
        // An earlier attempt may have left one, of other content: it is kept as well.
        let file = `${path}.before-${version}`;
        for (let n = 2; existsSync(file); n++) file = `${path}.before-${version}.${n}`;
        publishFile(partial, file);
        return file;
      } catch (error) {
        rmSync(partial, { force: true });
        throw error;
      }
    },
  };
}

class EmbeddedDialect extends SqliteDialect {
  readonly #database: SqliteDatabase;
  readonly #db: DatabaseSync;

  constructor(db: DatabaseSync) {
    const database = { prepare: preparedStatements(db), close: () => db.close() };
    super({ database });
    this.#database = database;
    this.#db = db;
  }

  override createDriver(): Driver {
    return new EmbeddedDriver(this.#database, this.#db);
  }

  override createAdapter(): SqliteAdapter {
    return new EmbeddedAdapter();
  }
}

class EmbeddedAdapter extends SqliteAdapter {
  /** SQLite rolls schema changes back like any other; Kysely's migrator then runs them in one transaction. */
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

/** Gives `node:sqlite` statements the form that Kysely expects, each SQL text prepared once. */
function preparedStatements(db: DatabaseSync): (sql: string) => SqliteStatement {
  const prepared = new Map<string, SqliteStatement>();
  return (sql) => {
    let statement = prepared.get(sql);
    if (!statement) {
      if (prepared.size >= MAX_PREPARED) prepared.clear();
      statement = toKysely(db.prepare(sql));
      prepared.set(sql, statement);
    }
    return statement;
  };
}

function toKysely(statement: StatementSync): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...(parameters as SQLInputValue[])),
    run: (parameters) => statement.run(...(parameters as SQLInputValue[])),
    iterate: (parameters) => statement.iterate(...(parameters as SQLInputValue[])),
  };
}
