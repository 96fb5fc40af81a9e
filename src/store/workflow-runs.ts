import { sql } from 'kysely';
import type { Store } from './open-store.ts';
import { preparedQuery } from './prepared-query.ts';
import type { WorkflowRunRow } from './schema.ts';

export const insertWorkflowRun = preparedQuery((db, p: WorkflowRunRow) =>
  db.insertInto('workflow_runs').values({
    id: p.id,
    run_id: p.run_id,
    app_id: p.app_id,
    end_user_id: p.end_user_id,
    workflow_id: p.workflow_id,
    status: p.status,
    inputs: p.inputs,
    outputs: p.outputs,
    error: p.error,
    elapsed_ms: p.elapsed_ms,
    total_tokens: p.total_tokens,
    total_steps: p.total_steps,
    exceptions_count: p.exceptions_count,
    created_at: p.created_at,
    finished_at: p.finished_at,
  }),
);

/**
 * Writes how a workflow's run ended, or that it waits, unless it has ended before: `numAffectedRows` is then 0, as
 * when it was deleted meanwhile.
 */
export const endWorkflowRun = preparedQuery(
  (
    db,
    p: {
      runId: string;
      status: Exclude<WorkflowRunRow['status'], 'running'>;
      /** Null: what it has stays. */
      inputs: string | null;
      outputs: string | null;
      error: string | null;
      elapsedMs: number;
      totalTokens: number;
      totalSteps: number;
      exceptionsCount: number;
      /** Milliseconds since 1970; null: it waits. */
      finishedAt: number | null;
    },
  ) =>
    db
      .updateTable('workflow_runs')
      .set({
        status: p.status,
        inputs: sql<string>`coalesce(${p.inputs}, inputs)`,
        outputs: p.outputs,
        error: p.error,
        elapsed_ms: p.elapsedMs,
        total_tokens: p.totalTokens,
        total_steps: p.totalSteps,
        exceptions_count: p.exceptionsCount,
        finished_at: p.finishedAt,
      })
      .where('run_id', '=', p.runId)
      .where('status', 'in', ['running', 'paused']),
);

/** Forgets a run that has not begun. */
export async function deleteWorkflowRun(trx: Store, { runId }: { runId: string }): Promise<void> {
  await trx.deleteFrom('workflow_runs').where('run_id', '=', runId).execute();
}

/** Ends a run of which nothing is known but that its process died. */
export async function failOrphanedWorkflowRun(
  trx: Store,
  { runId, error, finishedAt }: { runId: string; error: string | null; finishedAt: number },
): Promise<void> {
  await trx
    .updateTable('workflow_runs')
    .set(({ eb, ref, selectFrom }) => ({
      status: 'failed',
      error,
      // Clocks are set back at times.
      elapsed_ms: eb
        .case()
        .when('created_at', '<', finishedAt)
        .then(eb(eb.cast<number>(eb.val(finishedAt), 'bigint'), '-', ref('created_at')))
        .else(0)
        .end(),
      // Those of the top level; the others count for their containers.
      total_steps: selectFrom('node_executions')
        .select(({ fn }) => fn.countAll<number>().as('steps'))
        .whereRef('node_executions.workflow_run_id', '=', 'workflow_runs.id')
        .where('metadata', 'not like', '%"iteration_index"%')
        .where('metadata', 'not like', '%"loop_index"%'),
      finished_at: finishedAt,
    }))
    .where('run_id', '=', runId)
    .where('status', '=', 'running')
    .execute();
}

/** A run of the app, whoever began it (`facts/dify-wire.md` §12.1). */
export function findWorkflowRun(
  store: Store,
  appId: string,
  id: string,
): Promise<WorkflowRunRow | undefined> {
  return store
    .selectFrom('workflow_runs')
    .selectAll()
    .where('id', '=', id)
    .where('app_id', '=', appId)
    .executeTakeFirst();
}

/** The same by its `runs` row. */
export function findWorkflowRunOf(
  store: Store,
  appId: string,
  runId: string,
): Promise<WorkflowRunRow | undefined> {
  return store
    .selectFrom('workflow_runs')
    .selectAll()
    .where('run_id', '=', runId)
    .where('app_id', '=', appId)
    .executeTakeFirst();
}
