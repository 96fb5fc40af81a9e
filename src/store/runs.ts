import { commitTogether } from './commit-together.ts';
import type { Store } from './open-store.ts';
import type { Owner } from './owner.ts';
import { preparedQuery } from './prepared-query.ts';
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
export function acceptTurn(store: Store, turn: AcceptedTurn): Promise<boolean> {
  return commitTogether(store, async (trx) => {
    if (turn.newConversation) {
      await insertConversation(trx, turn.newConversation);
    } else if (turn.message.conversation_id !== null) {
      const { numAffectedRows } = await touchConversation(trx, {
        id: turn.message.conversation_id,
        app_id: turn.message.app_id,
        end_user_id: turn.message.end_user_id,
        now: turn.message.created_at,
      });
      if (numAffectedRows === 0n) return false;
    }
    await insertMessage(trx, turn.message);
    await insertRun(trx, turn.run);
    if (turn.files.length > 0)
      await trx
        .insertInto('message_files')
        .values([...turn.files])
        .execute();
    return true;
  });
}

const insertConversation = preparedQuery((db, p: ConversationRow) =>
  db.insertInto('conversations').values({
    id: p.id,
    app_id: p.app_id,
    app_version: p.app_version,
    end_user_id: p.end_user_id,
    surface: p.surface,
    name: p.name,
    inputs: p.inputs,
    introduction: p.introduction,
    status: p.status,
    created_at: p.created_at,
    updated_at: p.updated_at,
  }),
);

const touchConversation = preparedQuery(
  (db, p: { id: string; app_id: string; end_user_id: string; now: number }) =>
    db
      .updateTable('conversations')
      .set({ updated_at: p.now })
      .where('id', '=', p.id)
      .where('app_id', '=', p.app_id)
      .where('end_user_id', '=', p.end_user_id),
);

const insertMessage = preparedQuery((db, p: MessageRow) =>
  db.insertInto('messages').values({
    id: p.id,
    app_id: p.app_id,
    conversation_id: p.conversation_id,
    end_user_id: p.end_user_id,
    run_id: p.run_id,
    inputs: p.inputs,
    query: p.query,
    answer: p.answer,
    status: p.status,
    error: p.error,
    prompt_tokens: p.prompt_tokens,
    answer_tokens: p.answer_tokens,
    total_price: p.total_price,
    currency: p.currency,
    latency_ms: p.latency_ms,
    usage: p.usage,
    created_at: p.created_at,
    updated_at: p.updated_at,
  }),
);

const insertRun = preparedQuery((db, p: RunRow) =>
  db.insertInto('runs').values({
    id: p.id,
    app_id: p.app_id,
    app_version: p.app_version,
    end_user_id: p.end_user_id,
    message_id: p.message_id,
    surface: p.surface,
    status: p.status,
    error: p.error,
    stopped_by: p.stopped_by,
    process_id: p.process_id,
    created_at: p.created_at,
    finished_at: p.finished_at,
  }),
);

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
export function finishTurn(
  store: Store,
  run: Pick<RunRow, 'id' | 'message_id'>,
  outcome: TurnOutcome,
): Promise<boolean> {
  const now = Date.now();
  return commitTogether(store, async (trx) => {
    const { status, error, stoppedBy } = outcome;
    const { numAffectedRows } = await endRun(trx, { id: run.id, status, error, stoppedBy, now });
    if (numAffectedRows === 0n) return false;
    const messageStatus = status === 'failed' ? 'error' : 'normal';
    await endMessage(trx, { ...outcome.message, id: run.message_id, status: messageStatus, error, now });
    return true;
  });
}

const endRun = preparedQuery(
  (db, p: { id: string; status: RunStatus; error: string | null; stoppedBy: string | null; now: number }) =>
    db
      .updateTable('runs')
      .set({ status: p.status, error: p.error, stopped_by: p.stoppedBy, finished_at: p.now })
      .where('id', '=', p.id)
      .where('status', '=', 'running'),
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

/**
 * Fills in answers that were not at hand when another process ended these runs for a process taken for dead. Answers
 * that are there stay.
 */
export async function fillOrphanedAnswers(
  store: Store,
  processId: string,
  answers: ReadonlyMap<string, string>,
): Promise<void> {
  const ids = [...answers.keys()];
  for (let from = 0; from < ids.length; from += FILL_BATCH) {
    const empty = await store
      .selectFrom('runs')
      .innerJoin('messages', 'messages.id', 'runs.message_id')
      .select(['runs.id as run', 'messages.id as message'])
      .where('runs.id', 'in', ids.slice(from, from + FILL_BATCH))
      .where('runs.process_id', '=', processId)
      .where('runs.status', '=', 'failed')
      .where('messages.answer', '=', '')
      .execute();
    for (const { run, message } of empty) {
      const answer = (answers.get(run) ?? '').replaceAll('\0', '');
      await store
        .updateTable('messages')
        .set({ answer })
        .where('id', '=', message)
        .where('answer', '=', '')
        .execute();
    }
  }
}

/** Ids in one query; databases bound the number of parameters. */
const FILL_BATCH = 500;

/** A run of this owner. */
export function findRun(store: Store, owner: Owner, id: string): Promise<RunRow | undefined> {
  return store
    .selectFrom('runs')
    .selectAll()
    .where('id', '=', id)
    .where('app_id', '=', owner.appId)
    .where('end_user_id', '=', owner.endUserId)
    .executeTakeFirst();
}
