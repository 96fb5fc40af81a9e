import type { SelectQueryBuilder } from 'kysely';
import type { Store } from './open-store.ts';
import type { Owner } from './owner.ts';
import type { ConversationRow, Database, MessageRow } from './schema.ts';

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

/** The newest `limit` messages of a conversation, older than `before`, newest first; none whose halves are both deleted. */
export async function listMessages(
  store: Store,
  owner: Owner,
  conversationId: string,
  page: { readonly before?: Pick<MessageRow, 'id' | 'created_at'>; readonly limit: number },
): Promise<{ rows: MessageRow[]; hasMore: boolean }> {
  const query = owned(store, owner)
    .selectAll()
    .where('conversation_id', '=', conversationId)
    .where(({ eb, or }) =>
      or([eb('answer_hidden', '=', 0), eb('query_hidden', '=', 0), eb('query', '!=', '')]),
    );
  const rows = await newestFirst(query, page).execute();
  return { rows: rows.slice(0, page.limit), hasMore: rows.length > page.limit };
}

/**
 * The same of those that the model is told of: the turns of the conversation's present section, without canceled
 * ones.
 */
export async function listContextMessages(
  store: Store,
  owner: Owner,
  conversation: Pick<ConversationRow, 'id' | 'section'>,
  page: { readonly before?: Pick<MessageRow, 'id' | 'created_at'>; readonly limit: number },
): Promise<{ rows: MessageRow[]; hasMore: boolean }> {
  const query = owned(store, owner)
    .selectAll()
    .where('conversation_id', '=', conversation.id)
    .where('section', conversation.section === null ? 'is' : '=', conversation.section)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('runs')
            .select('runs.id')
            .whereRef('runs.id', '=', 'messages.run_id')
            .where('runs.canceled_at', 'is not', null),
        ),
      ),
    );
  const rows = await newestFirst(query, page).execute();
  return { rows: rows.slice(0, page.limit), hasMore: rows.length > page.limit };
}

/** Turns of the conversation's present section, the running one included. */
export async function countTurns(
  store: Store,
  owner: Owner,
  conversation: Pick<ConversationRow, 'id' | 'section'>,
): Promise<number> {
  const { turns } = await owned(store, owner)
    .select(({ fn }) => fn.countAll<number | string>().as('turns'))
    .where('conversation_id', '=', conversation.id)
    .where('section', conversation.section === null ? 'is' : '=', conversation.section)
    .executeTakeFirstOrThrow();
  return Number(turns);
}

function newestFirst(
  messages: SelectQueryBuilder<Database, 'messages', MessageRow>,
  page: { readonly before?: Pick<MessageRow, 'id' | 'created_at'>; readonly limit: number },
) {
  const query = messages
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(page.limit + 1);
  const before = page.before;
  if (!before) return query;
  return query.where(({ eb, and, or }) =>
    or([
      eb('created_at', '<', before.created_at),
      and([eb('created_at', '=', before.created_at), eb('id', '<', before.id)]),
    ]),
  );
}

function owned(store: Store, owner: Owner) {
  return store
    .selectFrom('messages')
    .where('app_id', '=', owner.appId)
    .where('end_user_id', '=', owner.endUserId);
}
