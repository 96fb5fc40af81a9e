import type { Store } from './open-store.ts';
import type { ConversationItemRow, ConversationRow } from './schema.ts';

/** Every function here takes the conversation as its owner has read it. */
type Conversation = Pick<ConversationRow, 'id'>;

export async function insertConversationItems(
  store: Store,
  items: readonly ConversationItemRow[],
): Promise<void> {
  if (items.length === 0) return;
  await store
    .insertInto('conversation_items')
    .values([...items])
    .execute();
}

/** The item that was put there last; suggested questions are none. */
export function findNewestItem(
  store: Store,
  conversation: Conversation,
): Promise<ConversationItemRow | undefined> {
  return store
    .selectFrom('conversation_items')
    .selectAll()
    .where('conversation_id', '=', conversation.id)
    .where('type', '!=', 'follow_up')
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
}

/**
 * Items that the model is told of, newest first: those of the conversation's present section, without those of
 * `exceptMessageId` and of canceled turns.
 */
export function listContextItems(
  store: Store,
  conversation: Pick<ConversationRow, 'id' | 'section'>,
  page: {
    readonly before?: Pick<ConversationItemRow, 'created_at' | 'position'>;
    readonly exceptMessageId: string;
    readonly limit: number;
  },
): Promise<ConversationItemRow[]> {
  let query = store
    .selectFrom('conversation_items as item')
    .selectAll('item')
    .where('item.conversation_id', '=', conversation.id)
    .where('item.type', '!=', 'follow_up')
    .where('item.section', conversation.section === null ? 'is' : '=', conversation.section)
    .where(({ eb, or, not, exists, selectFrom }) =>
      or([
        eb('item.message_id', 'is', null),
        eb.and([
          eb('item.message_id', '!=', page.exceptMessageId),
          not(
            exists(
              selectFrom('runs')
                .innerJoin('messages', 'messages.run_id', 'runs.id')
                .select('runs.id')
                .whereRef('messages.id', '=', 'item.message_id')
                .where('runs.canceled_at', 'is not', null),
            ),
          ),
        ]),
      ]),
    )
    .orderBy('item.created_at', 'desc')
    .orderBy('item.position', 'desc')
    .limit(page.limit);
  const before = page.before;
  if (before) {
    query = query.where(({ eb, and, or }) =>
      or([
        eb('item.created_at', '<', before.created_at),
        and([eb('item.created_at', '=', before.created_at), eb('item.position', '<', before.position)]),
      ]),
    );
  }
  return query.execute();
}

/** Items of one turn, in their order. */
export function listTurnItems(
  store: Store,
  conversation: Conversation,
  turn: { readonly id: string; readonly created_at: number },
): Promise<ConversationItemRow[]> {
  return store
    .selectFrom('conversation_items')
    .selectAll()
    .where('conversation_id', '=', conversation.id)
    .where('created_at', '=', turn.created_at)
    .where('message_id', '=', turn.id)
    .orderBy('position')
    .execute();
}

/** Items that were made at this millisecond of a conversation's time. */
export function findItemsAt(
  store: Store,
  conversation: Conversation,
  createdAt: number,
): Promise<ConversationItemRow[]> {
  return store
    .selectFrom('conversation_items')
    .selectAll()
    .where('conversation_id', '=', conversation.id)
    .where('created_at', '=', createdAt)
    .execute();
}

/** Undefined when it was deleted meanwhile. */
export function updateConversationItem(
  store: Store,
  conversation: Conversation,
  id: string,
  change: Partial<Pick<ConversationItemRow, 'text' | 'files' | 'metadata'>>,
): Promise<ConversationItemRow | undefined> {
  return store
    .updateTable('conversation_items')
    .set({ ...change, updated_at: Date.now() })
    .where('id', '=', id)
    .where('conversation_id', '=', conversation.id)
    .returningAll()
    .executeTakeFirst();
}

export async function deleteConversationItem(
  store: Store,
  conversation: Conversation,
  id: string,
): Promise<void> {
  await store
    .deleteFrom('conversation_items')
    .where('id', '=', id)
    .where('conversation_id', '=', conversation.id)
    .execute();
}
