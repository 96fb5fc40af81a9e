import type { Store } from './open-store.ts';
import type { Owner } from './owner.ts';
import type { ConversationRow, MessageFileRow, MessageRow, RunRow, RunStatus } from './schema.ts';

export interface AcceptedTurn {
  readonly run: RunRow;
  readonly message: MessageRow;
  readonly files: readonly MessageFileRow[];
  /** Of a new conversation; an existing one is only moved to the top. */
  readonly newConversation: ConversationRow | null;
}

/**
 * Commits an accepted turn: conversation, message, files and run, in one transaction (promise 1 of the design).
 * False, and nothing written, when the conversation was deleted meanwhile.
 */
export async function acceptTurn(store: Store, turn: AcceptedTurn): Promise<boolean> {
  return store.transaction().execute(async (trx) => {
    if (turn.newConversation) {
      await trx.insertInto('conversations').values(turn.newConversation).execute();
    } else if (turn.message.conversation_id !== null) {
      const { numUpdatedRows } = await trx
        .updateTable('conversations')
        .set({ updated_at: turn.message.created_at })
        .where('id', '=', turn.message.conversation_id)
        .where('app_id', '=', turn.message.app_id)
        .where('end_user_id', '=', turn.message.end_user_id)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) return false;
    }
    await trx.insertInto('messages').values(turn.message).execute();
    await trx.insertInto('runs').values(turn.run).execute();
    if (turn.files.length > 0) await trx.insertInto('message_files').values([...turn.files]).execute();
    return true;
  });
}

export interface TurnOutcome {
  readonly status: Exclude<RunStatus, 'running'>;
  readonly error: string | null;
  readonly stoppedBy: string | null;
  readonly message: Pick<
    MessageRow,
    'answer' | 'prompt_tokens' | 'answer_tokens' | 'total_price' | 'currency' | 'latency_ms' | 'usage'
  >;
}

/**
 * Writes how a run ended, once: only a run that has not ended takes an outcome (promise 2). False when it had.
 * A message deleted meanwhile stays deleted.
 */
export async function finishTurn(
  store: Store,
  run: Pick<RunRow, 'id' | 'message_id'>,
  outcome: TurnOutcome,
): Promise<boolean> {
  const now = Date.now();
  return store.transaction().execute(async (trx) => {
    const { numUpdatedRows } = await trx
      .updateTable('runs')
      .set({ status: outcome.status, error: outcome.error, stopped_by: outcome.stoppedBy, finished_at: now })
      .where('id', '=', run.id)
      .where('status', '=', 'running')
      .executeTakeFirst();
    if (numUpdatedRows === 0n) return false;
    await trx
      .updateTable('messages')
      .set({
        ...outcome.message,
        status: outcome.status === 'failed' ? 'error' : 'normal',
        error: outcome.error,
        updated_at: now,
      })
      .where('id', '=', run.message_id)
      .execute();
    return true;
  });
}

/** Runs left unfinished by process `processId` in an earlier life, or by processes that stopped beating. */
export function findOrphans(
  store: Store,
  by: { readonly processId: string | null; readonly beatBefore: number },
): Promise<RunRow[]> {
  return store
    .selectFrom('runs')
    .selectAll()
    .where('status', '=', 'running')
    .where(({ eb, or, not, exists, selectFrom }) =>
      or([
        eb('process_id', '=', by.processId),
        not(
          exists(
            selectFrom('processes')
              .select('processes.id')
              .whereRef('processes.id', '=', 'runs.process_id')
              .where('beat_at', '>=', by.beatBefore),
          ),
        ),
      ]),
    )
    .execute();
}

/** A run by the task id of the wire, for its owner only. */
export function findRunByTask(store: Store, owner: Owner, taskId: string): Promise<RunRow | undefined> {
  return store
    .selectFrom('runs')
    .selectAll()
    .where('task_id', '=', taskId)
    .where('app_id', '=', owner.appId)
    .where('end_user_id', '=', owner.endUserId)
    .executeTakeFirst();
}
