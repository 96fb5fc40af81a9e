import { PostgresDialect } from 'kysely';
import type { Dialect } from './dialect.ts';

const INT8 = 20;

/** PostgreSQL through `pg`, loaded only when configured. Backups are the operator's own. */
export async function postgres(url: string): Promise<Dialect> {
  const { default: pg } = await import('pg');
  const pool = new pg.Pool({
    connectionString: url,
    max: 20,
    connectionTimeoutMillis: 10_000,
    statement_timeout: 30_000,
    // Times are milliseconds in int8, well inside the exact range of a JavaScript number.
    types: { getTypeParser: (oid, format) => (oid === INT8 ? Number : pg.types.getTypeParser(oid, format)) },
  });
  // A connection that breaks is replaced by the pool, and its query fails; without listeners, for idle connections
  // and for those in use, it would end the process.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return {
    kind: 'postgres',
    bigint: 'bigint',
    kysely: new PostgresDialect({ pool }),
    clustered: null,
    backup: null,
  };
}
