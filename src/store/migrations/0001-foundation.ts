import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import type { Dialect } from '../dialects/dialect.ts';

/** Keys, end users, conversations, messages, runs, files, feedback. */
export async function foundation(db: Kysely<unknown>, { bigint, clustered }: Dialect): Promise<void> {
  const table = (name: string) => {
    const create = db.schema.createTable(name).addColumn('id', 'text', (c) => c.primaryKey());
    return clustered ? create.modifyEnd(clustered) : create;
  };
  const index = (table: string, columns: string[]) =>
    db.schema
      .createIndex(`${table}_${columns.join('_')}`)
      .on(table)
      .columns(columns)
      .execute();

  await table('api_keys')
    .addColumn('app_id', 'text', (c) => c.notNull())
    .addColumn('hash', 'text', (c) => c.notNull().unique())
    .addColumn('prefix', 'text', (c) => c.notNull())
    .addColumn('created_at', bigint, (c) => c.notNull())
    .addColumn('last_used_at', bigint)
    .execute();

  await table('end_users')
    .addColumn('app_id', 'text', (c) => c.notNull())
    .addColumn('session_id', 'text', (c) => c.notNull())
    .addColumn('is_anonymous', 'integer', (c) => c.notNull())
    .addColumn('created_at', bigint, (c) => c.notNull())
    .addColumn('updated_at', bigint, (c) => c.notNull())
    .addUniqueConstraint('end_users_app_session', ['app_id', 'session_id'])
    .execute();

  await table('app_versions')
    .addColumn('definition', 'text', (c) => c.notNull())
    .addColumn('created_at', bigint, (c) => c.notNull())
    .execute();

  await table('conversations')
    .addColumn('app_id', 'text', (c) => c.notNull())
    .addColumn('app_version', 'text', (c) => c.notNull())
    .addColumn('end_user_id', 'text', (c) => c.notNull().references('end_users.id'))
    .addColumn('surface', 'text', (c) => c.notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('inputs', 'text', (c) => c.notNull())
    .addColumn('introduction', 'text', (c) => c.notNull())
    .addColumn('status', 'text', (c) => c.notNull())
    .addColumn('created_at', bigint, (c) => c.notNull())
    .addColumn('updated_at', bigint, (c) => c.notNull())
    .execute();
  await index('conversations', ['end_user_id', 'updated_at']);

  await table('messages')
    .addColumn('app_id', 'text', (c) => c.notNull())
    .addColumn('conversation_id', 'text', (c) => c.references('conversations.id').onDelete('cascade'))
    .addColumn('end_user_id', 'text', (c) => c.notNull().references('end_users.id'))
    .addColumn('run_id', 'text', (c) => c.notNull())
    .addColumn('inputs', 'text', (c) => c.notNull())
    .addColumn('query', 'text', (c) => c.notNull())
    .addColumn('answer', 'text', (c) => c.notNull())
    .addColumn('status', 'text', (c) => c.notNull())
    .addColumn('error', 'text')
    .addColumn('prompt_tokens', 'integer', (c) => c.notNull())
    .addColumn('answer_tokens', 'integer', (c) => c.notNull())
    .addColumn('total_price', 'text', (c) => c.notNull())
    .addColumn('currency', 'text', (c) => c.notNull())
    .addColumn('latency_ms', bigint, (c) => c.notNull())
    .addColumn('usage', 'text')
    .addColumn('created_at', bigint, (c) => c.notNull())
    .addColumn('updated_at', bigint, (c) => c.notNull())
    .execute();
  await index('messages', ['conversation_id', 'created_at']);

  await table('runs')
    .addColumn('app_id', 'text', (c) => c.notNull())
    .addColumn('app_version', 'text', (c) => c.notNull())
    .addColumn('end_user_id', 'text', (c) => c.notNull().references('end_users.id'))
    .addColumn('message_id', 'text', (c) => c.notNull())
    .addColumn('surface', 'text', (c) => c.notNull())
    .addColumn('status', 'text', (c) => c.notNull())
    .addColumn('error', 'text')
    .addColumn('stopped_by', 'text')
    .addColumn('process_id', 'text', (c) => c.notNull())
    .addColumn('created_at', bigint, (c) => c.notNull())
    .addColumn('finished_at', bigint)
    .execute();
  await sql`create index runs_unfinished on runs (process_id) where status in ('running', 'paused')`.execute(
    db,
  );

  await table('files')
    .addColumn('app_id', 'text', (c) => c.notNull())
    .addColumn('end_user_id', 'text', (c) => c.notNull().references('end_users.id'))
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('size', bigint, (c) => c.notNull())
    .addColumn('extension', 'text', (c) => c.notNull())
    .addColumn('mime_type', 'text', (c) => c.notNull())
    .addColumn('created_at', bigint, (c) => c.notNull())
    .execute();

  await table('message_files')
    .addColumn('app_id', 'text', (c) => c.notNull())
    .addColumn('message_id', 'text', (c) => c.notNull().references('messages.id').onDelete('cascade'))
    .addColumn('file_id', 'text', (c) => c.references('files.id'))
    .addColumn('type', 'text', (c) => c.notNull())
    .addColumn('transfer_method', 'text', (c) => c.notNull())
    .addColumn('url', 'text')
    .addColumn('filename', 'text', (c) => c.notNull())
    .addColumn('mime_type', 'text', (c) => c.notNull())
    .addColumn('size', bigint, (c) => c.notNull())
    .addColumn('belongs_to', 'text', (c) => c.notNull())
    .addColumn('position', 'integer', (c) => c.notNull())
    .execute();
  await index('message_files', ['message_id']);
  await index('message_files', ['file_id']);

  await table('feedbacks')
    .addColumn('app_id', 'text', (c) => c.notNull())
    .addColumn('conversation_id', 'text')
    .addColumn('message_id', 'text', (c) => c.notNull().references('messages.id').onDelete('cascade'))
    .addColumn('end_user_id', 'text', (c) => c.notNull().references('end_users.id'))
    .addColumn('rating', 'text', (c) => c.notNull())
    .addColumn('content', 'text')
    .addColumn('created_at', bigint, (c) => c.notNull())
    .addColumn('updated_at', bigint, (c) => c.notNull())
    .addUniqueConstraint('feedbacks_message_user', ['message_id', 'end_user_id'])
    .execute();
  await index('feedbacks', ['app_id', 'created_at']);

  await table('processes')
    .addColumn('beat_at', bigint, (c) => c.notNull())
    .execute();
}
