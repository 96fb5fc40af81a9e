import { commitTogether } from './commit-together.ts';
import { insertConversationItems } from './conversation-items.ts';
import { insertConversation } from './conversations.ts';
import { newId } from './new-id.ts';
import type { Store } from './open-store.ts';
import type { ConversationItemRow, ConversationRow } from './schema.ts';

/** What is said in an item that stands alone. */
export type NewItem = Pick<ConversationItemRow, 'role' | 'text' | 'files' | 'metadata'>;

/** Whose conversation it is, as it was read. */
type Conversation = Pick<ConversationRow, 'id' | 'app_id' | 'end_user_id'>;

/**
 * Puts messages at a conversation's end, in its present section. Undefined when it is not there, or not its owner's any
 * more (`claimConversation`).
 */
export function appendConversationItems(
  store: Store,
  conversation: Conversation,
  items: readonly NewItem[],
): Promise<ConversationItemRow[] | undefined> {
  return commitTogether(store, (trx) => append(trx, conversation, items));
}

/** Makes a conversation with these messages, and answers it as it is then. */
export function createConversation(
  store: Store,
  conversation: ConversationRow,
  items: readonly NewItem[],
): Promise<ConversationRow> {
  return commitTogether(store, async (trx) => {
    await insertConversation(trx, conversation);
    const rows = items.length > 0 ? await append(trx, conversation, items) : undefined;
    return { ...conversation, updated_at: rows?.at(-1)?.created_at ?? conversation.updated_at };
  });
}

/** Moving the conversation's time first makes others wait: each moment of it is one message's. */
async function append(
  trx: Store,
  { id, app_id, end_user_id }: Conversation,
  items: readonly NewItem[],
): Promise<ConversationItemRow[] | undefined> {
  const now = Date.now();
  const rest = items.length - 1;
  const moved = await trx
    .updateTable('conversations')
    .set(({ eb }) => ({
      updated_at: eb
        .case()
        .when('updated_at', '<', now)
        .then(now + rest)
        .else(eb('updated_at', '+', items.length))
        .end(),
    }))
    .where('id', '=', id)
    .where('app_id', '=', app_id)
    .where('end_user_id', '=', end_user_id)
    .returning(['updated_at', 'section'])
    .executeTakeFirst();
  if (!moved) return undefined;
  const first = moved.updated_at - rest;
  const rows = items.map(
    (item, index): ConversationItemRow => ({
      ...item,
      id: newId(),
      conversation_id: id,
      message_id: null,
      position: 1,
      type: '',
      section: moved.section,
      created_at: first + index,
      updated_at: first + index,
    }),
  );
  await insertConversationItems(trx, rows);
  return rows;
}
