import type { AppMode } from '../apps/app.ts';
import type { ParleyError } from '../errors.ts';
import type { WorkflowEnd } from '../store/finish-turn.ts';
import type { RunOutcome, StopReason } from './run-event.ts';
import type { NodeValues, WorkflowOutcome } from './workflow-event.ts';

/** Why a run was stopped, for the app's author; the first as Dify says it (`facts/dify-dsl-engine.md` §5.4). */
const STOPPED: Readonly<Record<StopReason, string>> = {
  user: 'Stopped by user.',
  timeout: 'Stopped: the execution time limit was reached.',
  disconnect: 'Stopped: the client was gone.',
  shutdown: 'Stopped: the server was shut down.',
};

/** How a workflow stands that has come to nothing yet. */
export const NOTHING_YET: Omit<WorkflowOutcome, 'inputs'> = {
  status: 'failed',
  outputs: null,
  error: null,
  elapsedMs: 0,
  totalTokens: 0,
  totalSteps: 0,
  exceptionsCount: 0,
  resources: [],
};

/**
 * How a workflow stands at the end of its run; null when none has begun. A stop is never told as anything else, also when
 * it came first: clients of a workflow wait for its end. Those of a chatflow have the end of the message then.
 *
 * @param failure of the run, which may have failed after its nodes had not
 */
export function workflowOutcome(
  read: (() => WorkflowOutcome) | null,
  stoppedBy: StopReason | null,
  {
    mode,
    inputs,
    failure,
  }: { readonly mode: AppMode; readonly inputs: NodeValues; readonly failure: ParleyError | null },
): WorkflowOutcome | null {
  if (stoppedBy === null) return read === null ? null : withFailure(read(), failure);
  if (read === null && mode !== 'workflow') return null;
  const outcome = read === null ? { ...NOTHING_YET, inputs, outputs: {} } : read();
  return { ...outcome, status: 'stopped', error: STOPPED[stoppedBy] };
}

function withFailure(outcome: WorkflowOutcome, failure: ParleyError | null): WorkflowOutcome {
  if (failure === null || (outcome.status === 'failed' && outcome.error !== null)) return outcome;
  return { ...outcome, status: 'failed', error: failure.message };
}

/**
 * The same as it is stored; of a run that ended before its workflow had begun, what is known of the run. `none`: it was
 * answered without one.
 */
export function workflowEnd(
  { workflow, status, error, stoppedBy }: RunOutcome,
  nodes: WorkflowEnd['nodes'],
): WorkflowEnd | 'none' {
  if (workflow === null) {
    if (status === 'succeeded') return 'none';
    return {
      nodes,
      status,
      inputs: null,
      outputs: null,
      error: stoppedBy === null ? (error?.message.replaceAll('\0', '') ?? null) : STOPPED[stoppedBy],
      ...{ elapsedMs: 0, totalTokens: 0, totalSteps: 0, exceptionsCount: 0 },
    };
  }
  return {
    nodes,
    status: workflow.status,
    inputs: JSON.stringify(workflow.inputs),
    outputs: workflow.outputs === null ? null : JSON.stringify(workflow.outputs),
    error: workflow.error?.replaceAll('\0', '') ?? null,
    elapsedMs: Math.round(workflow.elapsedMs),
    totalTokens: workflow.totalTokens,
    totalSteps: workflow.totalSteps,
    exceptionsCount: workflow.exceptionsCount,
  };
}
