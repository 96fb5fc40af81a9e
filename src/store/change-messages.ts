import { commitTogether } from './commit-together.ts';
import { deleteConversationItem, updateConversationItem } from './conversation-items.ts';
import type { Store } from './open-store.ts';
import type { ConversationItemRow, ConversationRow, MessageFileRow, MessageRow } from './schema.ts';
import { updateTurn } from './turns.ts';

/** Every function here takes the conversation as its owner has read it. */
type Conversation = Pick<ConversationRow, 'id' | 'app_id'>;

/** Changes what was asked; `files` take the place of those that it had. False when the turn was deleted meanwhile. */
export function changeQuestion(
  store: Store,
  conversation: Conversation,
  turnId: string,
  change: Partial<Pick<MessageRow, 'query' | 'query_metadata'>>,
  files?: readonly MessageFileRow[],
): Promise<boolean> {
  return commitTogether(store, async (trx) => {
    if (!(await updateTurn(trx, conversation, turnId, change))) return false;
    if (files) await replaceFiles(trx, conversation, turnId, files);
    return true;
  });
}

/**
 * Changes an item; where it is the query of a turn, that says the same, with these `files`. Undefined when it was
 * deleted meanwhile.
 */
export function changeItem(
  store: Store,
  conversation: Conversation,
  item: ConversationItemRow,
  change: Partial<Pick<ConversationItemRow, 'text' | 'files' | 'metadata'>>,
  files?: readonly MessageFileRow[],
): Promise<ConversationItemRow | undefined> {
  return commitTogether(store, async (trx) => {
    const changed = await updateConversationItem(trx, conversation, item.id, change);
    const turnId = turnOfQuery(item);
    if (changed && turnId !== null && change.text !== undefined) {
      await updateTurn(trx, conversation, turnId, { query: change.text });
      await replaceFiles(trx, conversation, turnId, files ?? []);
    }
    return changed;
  });
}

/** Deletes what was asked, with its files; the answer stays. */
export function deleteQuestion(store: Store, conversation: Conversation, turnId: string): Promise<void> {
  return commitTogether(store, (trx) => forgetQuery(trx, conversation, turnId));
}

/** Deletes what was answered, with what came with it: suggested questions, and how it was rated. */
export function deleteAnswer(store: Store, conversation: Conversation, turnId: string): Promise<void> {
  return commitTogether(store, async (trx) => {
    const change = { answer: '', answer_metadata: null, answer_hidden: 1 };
    if (!(await updateTurn(trx, conversation, turnId, change))) return;
    await trx
      .deleteFrom('conversation_items')
      .where('conversation_id', '=', conversation.id)
      .where('message_id', '=', turnId)
      .where('type', '=', 'follow_up')
      .execute();
    await trx
      .deleteFrom('feedbacks')
      .where('app_id', '=', conversation.app_id)
      .where('message_id', '=', turnId)
      .execute();
  });
}

/** Deletes an item; where it is the query of a turn, that is gone too. */
export function deleteItem(
  store: Store,
  conversation: Conversation,
  item: ConversationItemRow,
): Promise<void> {
  return commitTogether(store, async (trx) => {
    await deleteConversationItem(trx, conversation, item.id);
    const turnId = turnOfQuery(item);
    if (turnId !== null) await forgetQuery(trx, conversation, turnId);
  });
}

/** The turn whose query the item is: it stood alone until that turn asked it. */
function turnOfQuery({ type, message_id }: ConversationItemRow): string | null {
  return type === '' ? message_id : null;
}

async function forgetQuery(trx: Store, conversation: Conversation, turnId: string): Promise<void> {
  const change = { query: '', query_metadata: null, query_hidden: 1 };
  if (await updateTurn(trx, conversation, turnId, change)) await replaceFiles(trx, conversation, turnId, []);
}

async function replaceFiles(
  trx: Store,
  conversation: Conversation,
  turnId: string,
  files: readonly MessageFileRow[],
): Promise<void> {
  await trx
    .deleteFrom('message_files')
    .where('app_id', '=', conversation.app_id)
    .where('message_id', '=', turnId)
    .where('belongs_to', '=', 'user')
    .execute();
  if (files.length > 0)
    await trx
      .insertInto('message_files')
      .values([...files])
      .execute();
}
