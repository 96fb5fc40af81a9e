import type { App } from '../../apps/app.ts';
import { type ErrorCode, notFound, ParleyError } from '../../errors.ts';
import { Run } from '../../runs/run.ts';
import { NO_USAGE } from '../../runs/run-event.ts';
import { runFileOf } from '../../runs/run-file.ts';
import { RunLog } from '../../runs/run-log.ts';
import { thoughtOf } from '../../runs/thought.ts';
import type { WorkflowOutcome } from '../../runs/workflow-event.ts';
import { listMessageFiles } from '../../store/files.ts';
import { findMessage } from '../../store/messages.ts';
import type { Store } from '../../store/open-store.ts';
import type { Owner } from '../../store/owner.ts';
import { findRun } from '../../store/runs.ts';
import type { WorkflowRunRow } from '../../store/schema.ts';
import { listThoughts } from '../../store/thoughts.ts';
import { findWorkflowRunOf } from '../../store/workflow-runs.ts';

/**
 * A run that ended too long ago to be in memory, or under an earlier process, told again from what is stored: the
 * whole answer in one piece, then the end. The pieces it came in are gone, so a reader who has `seen` some of them is
 * told the whole as a replacement.
 *
 * @throws ParleyError 404 when the owner has no such run, 400 when another process is executing it.
 */
export async function recallRun(
  store: Store,
  owner: Owner,
  app: App,
  { taskId, seen, user }: { readonly taskId: string; readonly seen: number; readonly user: string },
): Promise<Run> {
  const row = await findRun(store, owner, taskId);
  const message = row && (await findMessage(store, owner, row.message_id));
  if (!row || !message) throw notFound('Task Not Exists.');
  if (row.status === 'running') {
    throw new ParleyError('bad_request', 400, 'The task is running in another process of this installation.');
  }
  const [files, thoughtRows, workflowRun] = await Promise.all([
    listMessageFiles(store, app.id, [message.id]),
    listThoughts(store, app.id, [message.id]),
    app.config.workflow === null ? undefined : findWorkflowRunOf(store, app.id, row.id),
  ]);
  const thoughts = thoughtRows.map(thoughtOf);
  const filesOf = (side: 'user' | 'assistant') =>
    files.filter(({ belongs_to }) => belongs_to === side).map(runFileOf);
  const log = new RunLog(() => {});
  for (const thought of thoughts) log.append({ kind: 'thought', thought });
  for (const file of filesOf('assistant')) log.append({ kind: 'file', file });
  if (seen > 0) log.append({ kind: 'text_replaced', text: message.answer, reason: '' });
  else if (message.answer !== '') log.append({ kind: 'text', text: message.answer });
  const facts = {
    id: row.id,
    messageId: message.id,
    conversationId: message.conversation_id,
    app,
    mode: app.mode,
    owner,
    user,
    workflowRunId: workflowRun?.id ?? null,
    files: filesOf('user'),
    kept: true,
    section: message.section,
    metadata: null,
    createdAt: message.created_at,
  };
  const run = new Run(facts, log, () => {});
  run.end({
    status: row.status,
    answer: message.answer,
    thoughts,
    files: filesOf('assistant'),
    usage: message.usage === null ? NO_USAGE : JSON.parse(message.usage),
    // Status 400 is what every client takes for an error (`facts/dify-wire.md` §3.6).
    error:
      row.status === 'failed'
        ? new ParleyError(
            (row.error_code as ErrorCode | null) ?? 'completion_request_error',
            400,
            row.error ?? '',
          )
        : null,
    stoppedBy: null,
    endedAt: row.finished_at ?? row.created_at,
    canceledAt: row.canceled_at,
    followUps: [],
    spoken: false,
    workflow: workflowRun ? outcomeOf(workflowRun) : null,
  });
  return run;
}

/** What is stored of how it ended; the passages that answers were made with are not. */
function outcomeOf(row: WorkflowRunRow): WorkflowOutcome {
  return {
    status: row.status === 'running' || row.status === 'paused' ? 'stopped' : row.status,
    inputs: JSON.parse(row.inputs),
    outputs: row.outputs === null ? null : JSON.parse(row.outputs),
    error: row.error,
    elapsedMs: row.elapsed_ms,
    totalTokens: row.total_tokens,
    totalSteps: row.total_steps,
    exceptionsCount: row.exceptions_count,
    resources: [],
  };
}
