import { sql } from 'kysely';
import { commitTogether } from './commit-together.ts';
import { insertConversationItems } from './conversation-items.ts';
import { saveMessageFiles } from './files.ts';
import { insertNodeExecutions } from './node-executions.ts';
import type { Store } from './open-store.ts';
import { preparedQuery } from './prepared-query.ts';
import type {
  ConversationItemRow,
  MessageFileRow,
  MessageRow,
  NodeExecutionRow,
  RunRow,
  RunStatus,
  ThoughtRow,
} from './schema.ts';
import { saveThoughts } from './thoughts.ts';
import { deleteWorkflowRun, endWorkflowRun, failOrphanedWorkflowRun } from './workflow-runs.ts';

export interface TurnOutcome {
  readonly status: Exclude<RunStatus, 'running'>;
  readonly error: string | null;
  readonly errorCode: string | null;
  readonly stoppedBy: string | null;
  /** Milliseconds since 1970. */
  readonly finishedAt: number;
  /** Null, like `usage`: what the message has stays, for a run of which nothing else is known. */
  readonly answer: string | null;
  readonly usage: Pick<
    MessageRow,
    'prompt_tokens' | 'answer_tokens' | 'total_price' | 'currency' | 'latency_ms' | 'usage'
  > | null;
  /** What came with the answer. */
  readonly items?: readonly ConversationItemRow[];
  readonly thoughts?: readonly ThoughtRow[];
  /** Files that the app made. */
  readonly files?: readonly MessageFileRow[];
  /** Of a workflow's run; `interrupted`: nothing is known but that it ended; `none`: it never began, and nothing is kept. */
  readonly workflow?: WorkflowEnd | 'interrupted' | 'none' | null;
}

export interface WorkflowEnd extends Omit<Parameters<typeof endWorkflowRun>[1], 'runId' | 'finishedAt'> {
  /** Nodes that are not stored yet. */
  readonly nodes: readonly NodeExecutionRow[];
}

/**
 * Writes how a run ended, or that it waits for its caller, once: only a run that is running takes an outcome (promise 2).
 * Null when it is not.
 * Answers when the run had been canceled, if it was. A message deleted meanwhile stays deleted.
 */
export function finishTurn(
  store: Store,
  run: Pick<RunRow, 'id' | 'message_id'>,
  outcome: TurnOutcome,
): Promise<{ readonly canceledAt: number | null } | null> {
  const now = outcome.finishedAt;
  return commitTogether(store, async (trx) => {
    const { status, error, errorCode, stoppedBy } = outcome;
    const finishedAt = status === 'paused' ? null : now;
    const [ended] = (await endRun(trx, { id: run.id, status, error, errorCode, stoppedBy, finishedAt })).rows;
    if (!ended) return null;
    await finishWorkflow(trx, run.id, outcome);
    const waits = status === 'paused' && ended.canceled_at === null;
    if (status === 'paused' && !waits) await endCanceled(trx, run.id, now);
    const message = {
      id: run.message_id,
      answer: outcome.answer,
      status: status === 'paused' && !waits ? ('normal' as const) : MESSAGE_STATUS[status],
      error,
      now,
    };
    const { numAffectedRows } = outcome.usage
      ? await endMessage(trx, { ...message, ...outcome.usage })
      : await endMessageUncounted(trx, message);
    if (numAffectedRows !== 0n) {
      if (outcome.items) await insertConversationItems(trx, outcome.items);
      if (outcome.thoughts) await saveThoughts(trx, outcome.thoughts);
      if (outcome.files) await saveMessageFiles(trx, outcome.files);
    }
    return { canceledAt: ended.canceled_at };
  });
}

async function finishWorkflow(
  trx: Store,
  runId: string,
  { workflow, error, finishedAt }: TurnOutcome,
): Promise<void> {
  if (workflow === 'interrupted') await failOrphanedWorkflowRun(trx, { runId, error, finishedAt });
  else if (workflow === 'none') await deleteWorkflowRun(trx, { runId });
  else if (workflow) {
    const { nodes, ...end } = workflow;
    const { numAffectedRows } = await endWorkflowRun(trx, { ...end, runId, finishedAt });
    // Deleted meanwhile, with its conversation: nothing of it comes back.
    if (numAffectedRows !== 0n) await insertNodeExecutions(trx, nodes);
  }
}

const MESSAGE_STATUS: Readonly<Record<TurnOutcome['status'], MessageRow['status']>> = {
  succeeded: 'normal',
  stopped: 'normal',
  failed: 'error',
  paused: 'paused',
};

const endRun = preparedQuery(
  (
    db,
    p: {
      id: string;
      status: RunStatus;
      error: string | null;
      errorCode: string | null;
      stoppedBy: string | null;
      finishedAt: number | null;
    },
  ) =>
    db
      .updateTable('runs')
      .set({
        status: p.status,
        error: p.error,
        error_code: p.errorCode,
        stopped_by: p.stoppedBy,
        finished_at: p.finishedAt,
      })
      .where('id', '=', p.id)
      .where('status', '=', 'running')
      .returning('canceled_at'),
);

/** A turn that was given up while it ran waits for nobody. */
async function endCanceled(trx: Store, id: string, now: number): Promise<void> {
  await trx.updateTable('runs').set({ status: 'succeeded', finished_at: now }).where('id', '=', id).execute();
}

type EndedMessage = Pick<MessageRow, 'id' | 'status' | 'error'> & { answer: string | null; now: number };

const endMessageUncounted = preparedQuery((db, p: EndedMessage) =>
  db
    .updateTable('messages')
    .set({
      answer: sql<string>`coalesce(${p.answer}, answer)`,
      status: p.status,
      error: p.error,
      updated_at: p.now,
    })
    .where('id', '=', p.id),
);

const endMessage = preparedQuery((db, p: EndedMessage & NonNullable<TurnOutcome['usage']>) =>
  db
    .updateTable('messages')
    .set({
      answer: sql<string>`coalesce(${p.answer}, answer)`,
      status: p.status,
      error: p.error,
      prompt_tokens: p.prompt_tokens,
      answer_tokens: p.answer_tokens,
      total_price: p.total_price,
      currency: p.currency,
      latency_ms: p.latency_ms,
      usage: p.usage,
      updated_at: p.now,
    })
    .where('id', '=', p.id),
);
