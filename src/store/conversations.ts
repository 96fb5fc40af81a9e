import type { Store } from './open-store.ts';
import type { Owner } from './owner.ts';
import type { ConversationRow } from './schema.ts';

export type ConversationSort = 'created_at' | '-created_at' | 'updated_at' | '-updated_at';

export function findConversation(
  store: Store,
  owner: Owner,
  id: string,
): Promise<ConversationRow | undefined> {
  return owned(store, owner).selectAll().where('id', '=', id).executeTakeFirst();
}

/**
 * One page of the owner's conversations, after the row `after` in the order of `sort`. Equal times are ordered by
 * id, so that no row is skipped or seen twice.
 */
export async function listConversations(
  store: Store,
  owner: Owner,
  page: { readonly after?: ConversationRow; readonly limit: number; readonly sort: ConversationSort },
): Promise<{ rows: ConversationRow[]; hasMore: boolean }> {
  const column = page.sort.endsWith('created_at') ? 'created_at' : 'updated_at';
  const [direction, beyond] = page.sort.startsWith('-') ? (['desc', '<'] as const) : (['asc', '>'] as const);
  let query = owned(store, owner)
    .selectAll()
    .orderBy(column, direction)
    .orderBy('id', direction)
    .limit(page.limit + 1);
  const after = page.after;
  if (after) {
    query = query.where(({ eb, and, or }) =>
      or([
        eb(column, beyond, after[column]),
        and([eb(column, '=', after[column]), eb('id', beyond, after.id)]),
      ]),
    );
  }
  const rows = await query.execute();
  return { rows: rows.slice(0, page.limit), hasMore: rows.length > page.limit };
}

/** Gives it a new name; undefined when the owner has no such conversation. */
export function renameConversation(
  store: Store,
  owner: Owner,
  id: string,
  name: string,
): Promise<ConversationRow | undefined> {
  const now = Date.now();
  return (
    store
      .updateTable('conversations')
      // Never back: turns of a conversation come after its last change, also when the clock was set back.
      .set(({ eb, ref }) => ({
        name,
        updated_at: eb.case().when('updated_at', '<', now).then(now).else(ref('updated_at')).end(),
      }))
      .where('id', '=', id)
      .where('app_id', '=', owner.appId)
      .where('end_user_id', '=', owner.endUserId)
      .returningAll()
      .executeTakeFirst()
  );
}

/** Replaces the preliminary name `from`; a name that the end user has given meanwhile stays. */
export async function setGeneratedTitle(
  store: Store,
  owner: Owner,
  id: string,
  title: { readonly from: string; readonly to: string },
): Promise<void> {
  await store
    .updateTable('conversations')
    .set({ name: title.to })
    .where('id', '=', id)
    .where('app_id', '=', owner.appId)
    .where('end_user_id', '=', owner.endUserId)
    .where('name', '=', title.from)
    .execute();
}

/** Deletes the conversation with its messages. False when the owner has no such conversation. */
export async function deleteConversation(store: Store, owner: Owner, id: string): Promise<boolean> {
  const { numDeletedRows } = await store
    .deleteFrom('conversations')
    .where('id', '=', id)
    .where('app_id', '=', owner.appId)
    .where('end_user_id', '=', owner.endUserId)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

function owned(store: Store, owner: Owner) {
  return store
    .selectFrom('conversations')
    .where('app_id', '=', owner.appId)
    .where('end_user_id', '=', owner.endUserId);
}
