import type { Kysely } from 'kysely';
import type { Dialect } from '../dialects/dialect.ts';

/** What agents keep of their work, beside the answer. */
export async function agents(db: Kysely<unknown>, { bigint, clustered }: Dialect): Promise<void> {
  const table = db.schema
    .createTable('thoughts')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('app_id', 'text', (c) => c.notNull())
    .addColumn('message_id', 'text', (c) => c.notNull().references('messages.id').onDelete('cascade'))
    .addColumn('position', 'integer', (c) => c.notNull())
    .addColumn('text', 'text', (c) => c.notNull())
    .addColumn('uses', 'text', (c) => c.notNull())
    .addColumn('files', 'text', (c) => c.notNull())
    .addColumn('created_at', bigint, (c) => c.notNull());
  await (clustered ? table.modifyEnd(clustered) : table).execute();
  await db.schema.createIndex('thoughts_message_id').on('thoughts').column('message_id').execute();
}
