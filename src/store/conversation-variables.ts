import { commitTogether } from './commit-together.ts';
import { containsText } from './contains-text.ts';
import type { Store } from './open-store.ts';
import type { Owner } from './owner.ts';
import type { ConversationVariableRow } from './schema.ts';

/** All of a conversation, for the engine, which has read the conversation as its owner. */
export function listConversationVariables(
  store: Store,
  conversationId: string,
): Promise<ConversationVariableRow[]> {
  return store
    .selectFrom('conversation_variables')
    .selectAll()
    .where('conversation_id', '=', conversationId)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
}

/**
 * Writes those that the conversation does not have yet; the others stay as they are. All rows are of one conversation;
 * nothing is written when that was deleted meanwhile.
 */
export async function ensureConversationVariables(
  store: Store,
  rows: readonly ConversationVariableRow[],
): Promise<void> {
  const [first] = rows;
  if (!first) return;
  await commitTogether(store, async (trx) => {
    // Writing the conversation's row first makes a deletion wait, or has waited for one.
    const conversation = await trx
      .updateTable('conversations')
      .set(({ ref }) => ({ status: ref('status') }))
      .where('id', '=', first.conversation_id)
      .returning('id')
      .executeTakeFirst();
    if (!conversation) return;
    for (let from = 0; from < rows.length; from += BATCH)
      await trx
        .insertInto('conversation_variables')
        .values(rows.slice(from, from + BATCH))
        .onConflict((conflict) => conflict.columns(['conversation_id', 'name']).doNothing())
        .execute();
  });
}

/** Rows in one statement; databases bound the number of parameters. */
const BATCH = 100;

/** Sets a variable for the engine, which has read the conversation as its owner. One that is gone stays so. */
export async function setConversationVariable(
  store: Store,
  variable: {
    readonly conversationId: string;
    readonly name: string;
    /** JSON. */
    readonly value: string;
    /** Absent: that which it has. */
    readonly valueType?: string;
    /** Milliseconds since 1970. */
    readonly now: number;
  },
): Promise<void> {
  const { conversationId, name, value, valueType, now } = variable;
  await store
    .updateTable('conversation_variables')
    .set({ value, ...(valueType === undefined ? {} : { value_type: valueType }), updated_at: now })
    .where('conversation_id', '=', conversationId)
    .where('name', '=', name)
    .execute();
}

/** One page of a conversation's variables, the oldest first, after the row `after`. */
export async function listOwnedVariables(
  store: Store,
  owner: Owner,
  conversationId: string,
  page: {
    readonly after?: ConversationVariableRow;
    readonly limit: number;
    /** Part of a name, in capitals or not. */
    readonly name?: string;
  },
): Promise<{ rows: ConversationVariableRow[]; hasMore: boolean }> {
  let query = owned(store, owner, conversationId)
    .selectAll()
    .orderBy('created_at')
    .orderBy('id')
    .limit(page.limit + 1);
  const { after, name } = page;
  if (after) {
    query = query.where(({ eb, and, or }) =>
      or([
        eb('created_at', '>', after.created_at),
        and([eb('created_at', '=', after.created_at), eb('id', '>', after.id)]),
      ]),
    );
  }
  if (name !== undefined) query = query.where(({ ref }) => containsText(store, ref('name'), name));
  const rows = await query.execute();
  return { rows: rows.slice(0, page.limit), hasMore: rows.length > page.limit };
}

export function findOwnedVariable(
  store: Store,
  owner: Owner,
  conversationId: string,
  id: string,
): Promise<ConversationVariableRow | undefined> {
  return owned(store, owner, conversationId).selectAll().where('id', '=', id).executeTakeFirst();
}

/** Undefined when it was deleted meanwhile, or is not the owner's. */
export function updateOwnedVariable(
  store: Store,
  owner: Owner,
  conversationId: string,
  id: string,
  /** JSON. */
  value: string,
): Promise<ConversationVariableRow | undefined> {
  return store
    .updateTable('conversation_variables')
    .set({ value, updated_at: Date.now() })
    .where('id', '=', id)
    .where('conversation_id', 'in', ownConversation(store, owner, conversationId))
    .returningAll()
    .executeTakeFirst();
}

function owned(store: Store, owner: Owner, conversationId: string) {
  return store
    .selectFrom('conversation_variables')
    .where('conversation_id', 'in', ownConversation(store, owner, conversationId));
}

function ownConversation(store: Store, owner: Owner, id: string) {
  return store
    .selectFrom('conversations')
    .select('conversations.id')
    .where('conversations.id', '=', id)
    .where('conversations.app_id', '=', owner.appId)
    .where('conversations.end_user_id', '=', owner.endUserId);
}
