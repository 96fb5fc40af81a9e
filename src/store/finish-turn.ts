import { commitTogether } from './commit-together.ts';
import { insertConversationItems } from './conversation-items.ts';
import type { Store } from './open-store.ts';
import { preparedQuery } from './prepared-query.ts';
import type { ConversationItemRow, MessageRow, RunRow, RunStatus } from './schema.ts';

export interface TurnOutcome {
  readonly status: Exclude<RunStatus, 'running'>;
  readonly error: string | null;
  readonly errorCode: string | null;
  readonly stoppedBy: string | null;
  /** Milliseconds since 1970. */
  readonly finishedAt: number;
  readonly message: Pick<
    MessageRow,
    'answer' | 'prompt_tokens' | 'answer_tokens' | 'total_price' | 'currency' | 'latency_ms' | 'usage'
  >;
  /** What came with the answer. */
  readonly items?: readonly ConversationItemRow[];
}

/**
 * Writes how a run ended, once: only a run that has not ended takes an outcome (promise 2). Null when it had.
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
    const [ended] = (await endRun(trx, { id: run.id, status, error, errorCode, stoppedBy, now })).rows;
    if (!ended) return null;
    const messageStatus = status === 'failed' ? 'error' : 'normal';
    const { numAffectedRows } = await endMessage(trx, {
      ...outcome.message,
      id: run.message_id,
      status: messageStatus,
      error,
      now,
    });
    if (numAffectedRows !== 0n && outcome.items) await insertConversationItems(trx, outcome.items);
    return { canceledAt: ended.canceled_at };
  });
}

const endRun = preparedQuery(
  (
    db,
    p: {
      id: string;
      status: RunStatus;
      error: string | null;
      errorCode: string | null;
      stoppedBy: string | null;
      now: number;
    },
  ) =>
    db
      .updateTable('runs')
      .set({
        status: p.status,
        error: p.error,
        error_code: p.errorCode,
        stopped_by: p.stoppedBy,
        finished_at: p.now,
      })
      .where('id', '=', p.id)
      .where('status', '=', 'running')
      .returning('canceled_at'),
);

const endMessage = preparedQuery(
  (db, p: TurnOutcome['message'] & Pick<MessageRow, 'id' | 'status' | 'error'> & { now: number }) =>
    db
      .updateTable('messages')
      .set({
        answer: p.answer,
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
