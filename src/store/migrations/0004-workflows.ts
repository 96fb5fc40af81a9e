import type { Kysely } from 'kysely';
import type { Dialect } from '../dialects/dialect.ts';

/** What workflows and chatflows keep: their runs, the nodes that were executed, variables of conversations. */
export async function workflows(db: Kysely<unknown>, { bigint, clustered }: Dialect): Promise<void> {
  const table = (name: string) => {
    const create = db.schema.createTable(name).addColumn('id', 'text', (c) => c.primaryKey());
    return clustered ? create.modifyEnd(clustered) : create;
  };

  await table('workflow_runs')
    .addColumn('run_id', 'text', (c) => c.notNull().unique().references('runs.id').onDelete('cascade'))
    .addColumn('app_id', 'text', (c) => c.notNull())
    .addColumn('end_user_id', 'text', (c) => c.notNull().references('end_users.id'))
    .addColumn('workflow_id', 'text', (c) => c.notNull())
    .addColumn('status', 'text', (c) => c.notNull())
    .addColumn('inputs', 'text', (c) => c.notNull())
    .addColumn('outputs', 'text')
    .addColumn('error', 'text')
    .addColumn('elapsed_ms', bigint, (c) => c.notNull())
    .addColumn('total_tokens', bigint, (c) => c.notNull())
    .addColumn('total_steps', 'integer', (c) => c.notNull())
    .addColumn('exceptions_count', 'integer', (c) => c.notNull())
    .addColumn('created_at', bigint, (c) => c.notNull())
    .addColumn('finished_at', bigint)
    .execute();
  await db.schema
    .createIndex('workflow_runs_app_id_created_at')
    .on('workflow_runs')
    .columns(['app_id', 'created_at', 'id'])
    .execute();

  await table('node_executions')
    .addColumn('app_id', 'text', (c) => c.notNull())
    .addColumn('workflow_run_id', 'text', (c) =>
      c.notNull().references('workflow_runs.id').onDelete('cascade'),
    )
    .addColumn('node_id', 'text', (c) => c.notNull())
    .addColumn('node_type', 'text', (c) => c.notNull())
    .addColumn('title', 'text', (c) => c.notNull())
    .addColumn('position', 'integer', (c) => c.notNull())
    .addColumn('status', 'text', (c) => c.notNull())
    .addColumn('inputs', 'text', (c) => c.notNull())
    .addColumn('process_data', 'text', (c) => c.notNull())
    .addColumn('outputs', 'text', (c) => c.notNull())
    .addColumn('error', 'text')
    .addColumn('elapsed_ms', bigint, (c) => c.notNull())
    .addColumn('metadata', 'text', (c) => c.notNull())
    .addColumn('created_at', bigint, (c) => c.notNull())
    .addColumn('finished_at', bigint, (c) => c.notNull())
    .execute();
  await db.schema
    .createIndex('node_executions_workflow_run_id')
    .on('node_executions')
    .column('workflow_run_id')
    .execute();

  await table('conversation_variables')
    .addColumn('app_id', 'text', (c) => c.notNull())
    .addColumn('conversation_id', 'text', (c) =>
      c.notNull().references('conversations.id').onDelete('cascade'),
    )
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('value_type', 'text', (c) => c.notNull())
    .addColumn('value', 'text', (c) => c.notNull())
    .addColumn('description', 'text', (c) => c.notNull())
    .addColumn('created_at', bigint, (c) => c.notNull())
    .addColumn('updated_at', bigint, (c) => c.notNull())
    .addUniqueConstraint('conversation_variables_name', ['conversation_id', 'name'])
    .execute();
}
