import { workflowIdOf } from '../../apps/workflow-id.ts';
import type { RunFacts } from '../../runs/run.ts';
import type { RunEvent, RunOutcome } from '../../runs/run-event.ts';
import type { NodeValues, WorkflowOutcome } from '../../runs/workflow-event.ts';
import { elapsedSeconds } from '../elapsed-seconds.ts';
import { unixSeconds } from '../unix-seconds.ts';
import { wireFiles } from './wire-files.ts';

/** `data` of `workflow_started` (`facts/dify-wire.md` §3.4). */
export function workflowStarted(
  { workflowRunId, app }: RunFacts,
  { inputs, at, reason }: Extract<RunEvent, { kind: 'workflow_started' }>,
): NodeValues {
  return {
    id: workflowRunId,
    workflow_id: workflowIdOf(app.version),
    inputs,
    created_at: unixSeconds(at),
    reason,
  };
}

/** `data` of `workflow_finished`. */
export function workflowFinished(
  facts: RunFacts,
  workflow: WorkflowOutcome,
  { endedAt }: Pick<RunOutcome, 'endedAt'>,
): NodeValues {
  const { total_steps, created_at, finished_at, ...ended } = workflowData(facts, workflow, { endedAt });
  return {
    ...ended,
    total_steps,
    created_by: { id: facts.owner.endUserId, user: facts.user },
    created_at,
    finished_at,
    exceptions_count: workflow.exceptionsCount,
    files: wireFiles(workflow.outputs),
  };
}

/** `data` of a blocking answer (`facts/dify-wire.md` §7.3). */
export function workflowData(
  { workflowRunId, app, createdAt }: RunFacts,
  workflow: WorkflowOutcome,
  { endedAt }: Pick<RunOutcome, 'endedAt'>,
): NodeValues {
  return {
    id: workflowRunId,
    workflow_id: workflowIdOf(app.version),
    status: workflow.status,
    outputs: workflow.outputs,
    error: workflow.error,
    elapsed_time: elapsedSeconds(workflow.elapsedMs),
    total_tokens: workflow.totalTokens,
    total_steps: workflow.totalSteps,
    created_at: unixSeconds(createdAt),
    finished_at: unixSeconds(endedAt),
  };
}
