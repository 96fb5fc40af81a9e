import type { QueryResult } from 'kysely';
import { commitTogether } from './commit-together.ts';
import type { Store } from './open-store.ts';
import { compiledOnce, preparedQuery } from './prepared-query.ts';
import type { NodeExecutionRow } from './schema.ts';

/**
 * Writes nodes of runs; those that are there already stay as they are. The caller's transaction holds the
 * `workflow_runs` row, which could be deleted meanwhile.
 */
export async function insertNodeExecutions(trx: Store, rows: readonly NodeExecutionRow[]): Promise<void> {
  let from = 0;
  for (const { size, insert } of INSERTS)
    for (; rows.length - from >= size; from += size) await insert(trx, rows.slice(from, from + size));
}

/**
 * Commits nodes of one run that goes on; nothing when that was deleted meanwhile. In the moment in which it is deleted
 * this may fail, and does not when it is tried again.
 */
export function keepNodeExecutions(store: Store, rows: readonly NodeExecutionRow[]): Promise<void> {
  return commitTogether(store, async (trx) => {
    const [first] = rows;
    if (first && (await exists(trx, { id: first.workflow_run_id })).rows.length > 0)
      await insertNodeExecutions(trx, rows);
  });
}

const exists = preparedQuery((db, p: { id: string }) =>
  db.selectFrom('workflow_runs').select('id').where('id', '=', p.id),
);

/** Nodes of a run in the order in which they ended. */
export function listNodeExecutions(
  store: Store,
  appId: string,
  workflowRunId: string,
): Promise<NodeExecutionRow[]> {
  return store
    .selectFrom('node_executions')
    .selectAll()
    .where('workflow_run_id', '=', workflowRunId)
    .where('app_id', '=', appId)
    .orderBy('position')
    .orderBy('id')
    .execute();
}

type Column = keyof NodeExecutionRow;

/** Keeps the columns complete. */
const COLUMN_SET: Readonly<Record<Column, true>> = {
  id: true,
  app_id: true,
  workflow_run_id: true,
  node_id: true,
  node_type: true,
  title: true,
  position: true,
  status: true,
  inputs: true,
  process_data: true,
  outputs: true,
  error: true,
  elapsed_ms: true,
  metadata: true,
  created_at: true,
  finished_at: true,
};
const COLUMNS = Object.keys(COLUMN_SET) as Column[];

interface Insert {
  readonly size: number;
  insert(trx: Store, rows: readonly NodeExecutionRow[]): Promise<QueryResult<unknown>>;
}

/** Any values: those of the rows take their places. */
const PLACES = Object.fromEntries(COLUMNS.map((column) => [column, ''])) as unknown as NodeExecutionRow;

/**
 * Statements of a few fixed sizes, the largest first, so that each is prepared once: hundreds of runs a second end. Their
 * parameters are the rows' values in the order of `COLUMNS`; a name for each would cost as much as storing it.
 */
const INSERTS: readonly Insert[] = [64, 16, 4, 2, 1].map((size) => {
  const query = compiledOnce((db) =>
    db
      .insertInto('node_executions')
      .values(Array.from({ length: size }, () => PLACES))
      .onConflict((conflict) => conflict.column('id').doNothing()),
  );
  return {
    size,
    insert(trx, rows) {
      const parameters: unknown[] = [];
      for (const row of rows) for (const column of COLUMNS) parameters.push(row[column]);
      return trx.executeQuery({ ...query(trx), parameters });
    },
  };
});
