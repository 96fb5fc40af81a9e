import { commitTogether } from './commit-together.ts';
import { insertConversationItems } from './conversation-items.ts';
import { insertConversation } from './conversations.ts';
import type { Store } from './open-store.ts';
import { preparedQuery } from './prepared-query.ts';
import type { ConversationItemRow, ConversationRow, MessageFileRow, MessageRow, RunRow } from './schema.ts';

export interface AcceptedTurn {
  readonly run: RunRow;
  readonly message: MessageRow;
  readonly files: readonly MessageFileRow[];
  /** What came with the query. */
  readonly items: readonly ConversationItemRow[];
  /** An item that is the query, when that stood in the conversation already: it becomes this turn's. */
  readonly queryItemId: string | null;
  /** Of a new conversation; an existing one is only moved to the top. */
  readonly newConversation: ConversationRow | null;
  /** Refuses a conversation whose latest turn is still running. */
  readonly exclusive: boolean;
}

/**
 * Commits an accepted turn: conversation, message, files, items and run, in one transaction (promise 1 of the design).
 * Nothing is written when the conversation was deleted meanwhile (`gone`), or has a running turn (`busy`).
 */
export function acceptTurn(store: Store, turn: AcceptedTurn): Promise<'accepted' | 'gone' | 'busy'> {
  const { message, run } = turn;
  return commitTogether(store, async (trx) => {
    if (turn.newConversation) {
      await insertConversation(trx, turn.newConversation);
    } else if (message.conversation_id !== null) {
      if (turn.exclusive && (await isBusy(trx, message))) return 'busy';
      const { numAffectedRows } = await touchConversation(trx, {
        id: message.conversation_id,
        app_id: message.app_id,
        app_version: run.app_version,
        end_user_id: message.end_user_id,
        run_id: run.id,
        now: message.created_at,
      });
      if (numAffectedRows === 0n) return 'gone';
    }
    await insertMessage(trx, message);
    await insertRun(trx, run);
    if (turn.files.length > 0)
      await trx
        .insertInto('message_files')
        .values([...turn.files])
        .execute();
    await insertConversationItems(trx, turn.items);
    if (turn.queryItemId !== null)
      await trx
        .updateTable('conversation_items')
        .set({ message_id: message.id })
        .where('id', '=', turn.queryItemId)
        .where('conversation_id', '=', message.conversation_id)
        .execute();
    return 'accepted';
  });
}

/** Writing its row first makes others wait for this transaction; what they read after that is up to date. */
async function isBusy(trx: Store, message: MessageRow): Promise<boolean> {
  const conversation = await trx
    .updateTable('conversations')
    .set(({ ref }) => ({ latest_run_id: ref('latest_run_id') }))
    .where('id', '=', message.conversation_id)
    .returning('latest_run_id')
    .executeTakeFirst();
  if (!conversation?.latest_run_id) return false;
  const running = await trx
    .selectFrom('runs')
    .select('id')
    .where('id', '=', conversation.latest_run_id)
    .where('status', '=', 'running')
    .where('canceled_at', 'is', null)
    .executeTakeFirst();
  return running !== undefined;
}

const touchConversation = preparedQuery(
  (
    db,
    p: {
      id: string;
      app_id: string;
      app_version: string;
      end_user_id: string;
      run_id: string;
      now: number;
    },
  ) =>
    db
      .updateTable('conversations')
      .set({ app_version: p.app_version, latest_run_id: p.run_id, updated_at: p.now })
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
    section: p.section,
    query_metadata: p.query_metadata,
    answer_metadata: p.answer_metadata,
    query_hidden: p.query_hidden,
    answer_hidden: p.answer_hidden,
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
    error_code: p.error_code,
    stopped_by: p.stopped_by,
    process_id: p.process_id,
    metadata: p.metadata,
    canceled_at: p.canceled_at,
    created_at: p.created_at,
    finished_at: p.finished_at,
  }),
);
