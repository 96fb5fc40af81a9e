import type { Store } from './open-store.ts';
import type { Owner } from './owner.ts';
import type { MessageRow } from './schema.ts';

export function findMessage(store: Store, owner: Owner, id: string): Promise<MessageRow | undefined> {
  return owned(store, owner).selectAll().where('id', '=', id).executeTakeFirst();
}

/** The message that a conversation begins with. */
export function findFirstMessage(
  store: Store,
  owner: Owner,
  conversationId: string,
): Promise<MessageRow | undefined> {
  return owned(store, owner)
    .selectAll()
    .where('conversation_id', '=', conversationId)
    .orderBy('created_at')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
}

/** The newest `limit` messages of a conversation, older than `before`, newest first. */
export async function listMessages(
  store: Store,
  owner: Owner,
  conversationId: string,
  page: { readonly before?: MessageRow; readonly limit: number },
): Promise<{ rows: MessageRow[]; hasMore: boolean }> {
  let query = owned(store, owner)
    .selectAll()
    .where('conversation_id', '=', conversationId)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(page.limit + 1);
  const before = page.before;
  if (before) {
    query = query.where(({ eb, and, or }) =>
      or([
        eb('created_at', '<', before.created_at),
        and([eb('created_at', '=', before.created_at), eb('id', '<', before.id)]),
      ]),
    );
  }
  const rows = await query.execute();
  return { rows: rows.slice(0, page.limit), hasMore: rows.length > page.limit };
}

function owned(store: Store, owner: Owner) {
  return store
    .selectFrom('messages')
    .where('app_id', '=', owner.appId)
    .where('end_user_id', '=', owner.endUserId);
}
