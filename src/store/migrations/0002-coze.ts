import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import type { Dialect } from '../dialects/dialect.ts';

/** What the Coze surface keeps beside turns: tokens, single messages of conversations, canceled chats, user variables. */
export async function coze(db: Kysely<unknown>, { bigint, clustered }: Dialect): Promise<void> {
  const table = (name: string) => {
    const create = db.schema.createTable(name);
    return clustered ? create.modifyEnd(clustered) : create;
  };
  const add = (name: string, column: string, type: 'text' | 'integer' | typeof bigint) =>
    db.schema.alterTable(name).addColumn(column, type).execute();
  const addFlag = (name: string, column: string) =>
    db.schema
      .alterTable(name)
      .addColumn(column, 'integer', (c) => c.notNull().defaultTo(0))
      .execute();

  await table('access_tokens')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('hash', 'text', (c) => c.notNull().unique())
    .addColumn('prefix', 'text', (c) => c.notNull())
    .addColumn('apps', 'text')
    .addColumn('scopes', 'text')
    .addColumn('created_at', bigint, (c) => c.notNull())
    .addColumn('last_used_at', bigint)
    .execute();

  await table('conversation_items')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('conversation_id', 'text', (c) =>
      c.notNull().references('conversations.id').onDelete('cascade'),
    )
    .addColumn('message_id', 'text', (c) => c.references('messages.id').onDelete('cascade'))
    .addColumn('position', 'integer', (c) => c.notNull())
    .addColumn('role', 'text', (c) => c.notNull())
    .addColumn('type', 'text', (c) => c.notNull())
    .addColumn('text', 'text', (c) => c.notNull())
    .addColumn('files', 'text')
    .addColumn('metadata', 'text')
    .addColumn('section', 'text')
    .addColumn('created_at', bigint, (c) => c.notNull())
    .addColumn('updated_at', bigint, (c) => c.notNull())
    .execute();
  await db.schema
    .createIndex('conversation_items_conversation_id_created_at')
    .on('conversation_items')
    .columns(['conversation_id', 'created_at'])
    .execute();
  // For the cascade: a turn that is deleted takes its items with it.
  await db.schema
    .createIndex('conversation_items_message_id')
    .on('conversation_items')
    .column('message_id')
    .execute();

  await table('user_variables')
    .addColumn('end_user_id', 'text', (c) => c.notNull().references('end_users.id'))
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('value', 'text', (c) => c.notNull())
    .addColumn('created_at', bigint, (c) => c.notNull())
    .addColumn('updated_at', bigint, (c) => c.notNull())
    .addPrimaryKeyConstraint('user_variables_primary', ['end_user_id', 'name'])
    .execute();

  await add('conversations', 'metadata', 'text');
  await add('conversations', 'section', 'text');
  await add('messages', 'section', 'text');
  await add('messages', 'query_metadata', 'text');
  await add('messages', 'answer_metadata', 'text');
  await addFlag('messages', 'query_hidden');
  await addFlag('messages', 'answer_hidden');
  await add('runs', 'conversation_id', 'text');
  await sql`create index runs_in_conversation on runs (conversation_id) where status = 'running'`.execute(db);
  await add('runs', 'error_code', 'text');
  await add('runs', 'metadata', 'text');
  await add('runs', 'canceled_at', bigint);
  await add('feedbacks', 'reasons', 'text');

  // The part of an id that `short-id.ts` makes a number of: the number must name one record only.
  for (const name of ['conversations', 'files']) {
    await sql`create unique index ${sql.ref(`${name}_short_id`)} on ${sql.table(name)} (substr(id, 1, 22))`.execute(
      db,
    );
  }
  await db.schema
    .createIndex('conversations_app_id_created_at')
    .on('conversations')
    .columns(['app_id', 'created_at'])
    .execute();
}
