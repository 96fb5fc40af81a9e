import { type SqlBool, sql } from 'kysely';
import { commitTogether } from './commit-together.ts';
import { insertConversationItems } from './conversation-items.ts';
import { type ConversationClaim, claimConversation, insertConversation } from './conversations.ts';
import { saveMessageFiles } from './files.ts';
import type { Store } from './open-store.ts';
import { preparedQuery } from './prepared-query.ts';
import type {
  ConversationItemRow,
  ConversationRow,
  MessageFileRow,
  MessageRow,
  RunRow,
  WorkflowRunRow,
} from './schema.ts';
import { insertWorkflowRun } from './workflow-runs.ts';

/**
 * Where a query stands in its conversation already: an item becomes this turn's; a turn that has no answer gives its
 * query to this one.
 */
export type QueryFrom = { readonly itemId: string } | { readonly turnId: string };

export interface AcceptedTurn {
  readonly run: RunRow;
  readonly message: MessageRow;
  /** Null: the app is no workflow. */
  readonly workflowRun: WorkflowRunRow | null;
  readonly files: readonly MessageFileRow[];
  /** What came with the query. */
  readonly items: readonly ConversationItemRow[];
  /** Null for a query that the request brings. */
  readonly queryFrom: QueryFrom | null;
  /** Of a new conversation; an existing one is only moved to the top. */
  readonly newConversation: ConversationRow | null;
  /** Refuses a conversation in which a turn is running. */
  readonly exclusive: boolean;
  /** Of a conversation that nobody has spoken in: whose it becomes. */
  readonly claim: ConversationClaim | null;
}

/**
 * Commits an accepted turn: conversation, message, files, items and run, in one transaction (promise 1 of the design).
 * Nothing is written when the conversation was deleted meanwhile (`gone`), or has a running turn, or another turn was
 * its first (`busy`).
 */
export function acceptTurn(store: Store, turn: AcceptedTurn): Promise<'accepted' | 'gone' | 'busy'> {
  const { message, run } = turn;
  return commitTogether(store, async (trx) => {
    if (turn.newConversation) {
      await insertConversation(trx, turn.newConversation);
    } else if (message.conversation_id !== null) {
      if (turn.exclusive) {
        await holdConversation(trx, message.conversation_id);
        if (await hasRunningTurn(trx, message.conversation_id)) return 'busy';
      }
      if (turn.claim && !(await claimConversation(trx, message.conversation_id, turn.claim))) return 'busy';
      const { numAffectedRows } = await touchConversation(trx, {
        id: message.conversation_id,
        app_id: message.app_id,
        app_version: run.app_version,
        end_user_id: message.end_user_id,
        now: message.created_at,
      });
      if (numAffectedRows === 0n) return 'gone';
    }
    await insertMessage(trx, message);
    await insertRun(trx, run);
    if (turn.workflowRun) await insertWorkflowRun(trx, turn.workflowRun);
    await saveMessageFiles(trx, turn.files);
    await insertConversationItems(trx, turn.items);
    if (turn.queryFrom) await takeQuery(trx, message, turn.queryFrom);
    return 'accepted';
  });
}

/** Whether a turn of the conversation is running, and not given up. */
export async function hasRunningTurn(store: Store, conversationId: string): Promise<boolean> {
  const running = await store
    .selectFrom('runs')
    .select('id')
    .where('conversation_id', '=', conversationId)
    // Written out, as the index has it.
    .where(sql<SqlBool>`status = 'running'`)
    .where('canceled_at', 'is', null)
    .limit(1)
    .executeTakeFirst();
  return running !== undefined;
}

/** Writing its row makes others wait for this transaction; what they read after that is up to date. */
export async function holdConversation(trx: Store, id: string): Promise<void> {
  await trx.updateTable('conversations').set({ status: 'normal' }).where('id', '=', id).execute();
}

async function takeQuery(trx: Store, message: MessageRow, from: QueryFrom): Promise<void> {
  if ('itemId' in from)
    await trx
      .updateTable('conversation_items')
      .set({ message_id: message.id })
      .where('id', '=', from.itemId)
      .where('conversation_id', '=', message.conversation_id)
      .execute();
  else
    await trx
      .updateTable('messages')
      .set({ query_hidden: 1 })
      .where('id', '=', from.turnId)
      .where('conversation_id', '=', message.conversation_id)
      .execute();
}

const touchConversation = preparedQuery(
  (
    db,
    p: {
      id: string;
      app_id: string;
      app_version: string;
      end_user_id: string;
      now: number;
    },
  ) =>
    db
      .updateTable('conversations')
      .set(({ eb, ref }) => ({
        app_version: p.app_version,
        // Never back: messages may have been put there since this turn's time was found.
        updated_at: eb.case().when('updated_at', '<', p.now).then(p.now).else(ref('updated_at')).end(),
      }))
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
    conversation_id: p.conversation_id,
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
