import { type Kysely, Migrator, sql } from 'kysely';
import type { Dialect } from './dialects/dialect.ts';
import { migrations } from './migrations/index.ts';

/**
 * Brings the database to this version's schema, all in one transaction; concurrent starts wait for each other.
 *
 * @throws Error when a newer Parley has already changed the database: an older one must not write to it.
 */
export async function migrate(
  db: Kysely<unknown>,
  dialect: Dialect,
  log: { info(o: object, msg: string): void },
): Promise<void> {
  const migrator = new Migrator({
    db,
    provider: {
      getMigrations: async () =>
        Object.fromEntries(
          Object.entries(migrations).map(([name, up]) => [
            name,
            {
              async up(db: Kysely<unknown>) {
                // A large table takes longer than any statement of the server may.
                if (dialect.kind === 'postgres') await sql`set local statement_timeout = 0`.execute(db);
                await up(db, dialect);
              },
            },
          ]),
        ),
    },
  });
  const applied = await appliedMigrations(db);
  const unknown = applied.filter((name) => !(name in migrations));
  if (unknown.length > 0) {
    throw new Error(
      `The database was changed by a newer Parley (migration ${unknown.join(', ')} is not known here). ` +
        'Start that version again, or restore the backup that lies beside the database.',
    );
  }
  const pending = Object.keys(migrations).filter((name) => !applied.includes(name));
  const first = pending[0];
  if (first === undefined) return;
  if (applied.length > 0 && dialect.backup)
    log.info({ backup: dialect.backup(first) }, 'database backed up before migration');
  const { error } = await migrator.migrateToLatest();
  if (error) throw error;
}

async function appliedMigrations(db: Kysely<unknown>): Promise<string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some((table) => table.name === 'kysely_migration')) return [];
  const rows = await (db as Kysely<{ kysely_migration: { name: string } }>)
    .selectFrom('kysely_migration')
    .select('name')
    .execute();
  return rows.map((row) => row.name);
}
