import type { Store } from './open-store.ts';
import type { Owner } from './owner.ts';
import { preparedQuery } from './prepared-query.ts';
import type { Reach } from './reach.ts';
import type { ConversationRow } from './schema.ts';
import { hasShortId } from './short-id.ts';

export type ConversationSort = 'created_at' | '-created_at' | 'updated_at' | '-updated_at';

export const insertConversation = preparedQuery((db, p: ConversationRow) =>
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
    metadata: p.metadata,
    section: p.section,
    created_at: p.created_at,
    updated_at: p.updated_at,
  }),
);

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
    // Nothing has been said, or kept, in one that has no version yet.
    .where('app_version', '!=', '')
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

/**
 * Deletes the conversation with its messages, and what its runs have of what was said: errors may quote it. False when
 * the owner has no such conversation.
 */
export function deleteConversation(store: Store, owner: Owner, id: string): Promise<boolean> {
  return store.transaction().execute(async (trx) => {
    const mine = owned(trx, owner).select('id').where('id', '=', id);
    const runs = trx.selectFrom('messages').select('run_id').where('conversation_id', 'in', mine);
    await trx.updateTable('runs').set({ metadata: null, error: null }).where('id', 'in', runs).execute();
    // Writing its row makes turns wait that would be accepted in it: what is found from here on is all there is.
    await trx
      .updateTable('conversations')
      .set(({ ref }) => ({ status: ref('status') }))
      .where('id', 'in', mine)
      .execute();
    await trx.deleteFrom('workflow_runs').where('run_id', 'in', runs).execute();
    const { numDeletedRows } = await trx
      .deleteFrom('conversations')
      .where('id', '=', id)
      .where('app_id', '=', owner.appId)
      .where('end_user_id', '=', owner.endUserId)
      .executeTakeFirst();
    return numDeletedRows > 0n;
  });
}

function owned(store: Store, owner: Owner) {
  return store
    .selectFrom('conversations')
    .where('app_id', '=', owner.appId)
    .where('end_user_id', '=', owner.endUserId);
}

/** A conversation that a token reaches. */
export function findReachableConversation(
  store: Store,
  reach: Reach,
  shortId: string,
): Promise<ConversationRow | undefined> {
  return store
    .selectFrom('conversations')
    .selectAll()
    .where(hasShortId(shortId))
    .where(({ eb, or }) =>
      or([
        eb('end_user_id', '=', reach.account),
        reach.apps === 'all'
          ? eb('app_id', '!=', '')
          : reach.apps.length === 0
            ? eb.lit(false)
            : eb('app_id', 'in', [...reach.apps]),
      ]),
    )
    .executeTakeFirst();
}

/** All end users' conversations with an app; `page` counts from 1. */
export async function listAppConversations(
  store: Store,
  appId: string,
  page: { readonly page: number; readonly limit: number; readonly direction: 'asc' | 'desc' },
): Promise<{ rows: ConversationRow[]; hasMore: boolean }> {
  const rows = await store
    .selectFrom('conversations')
    .selectAll()
    .where('app_id', '=', appId)
    .orderBy('created_at', page.direction)
    .orderBy('id', page.direction)
    .offset((page.page - 1) * page.limit)
    .limit(page.limit + 1)
    .execute();
  return { rows: rows.slice(0, page.limit), hasMore: rows.length > page.limit };
}

/** Whose a conversation becomes with its first turn. */
export interface ConversationClaim {
  /** The end user that it stood under, who is nobody. */
  readonly nobody: string;
  readonly owner: Owner;
  /** What it is called if it has no name. */
  readonly name: string;
}

/**
 * Gives a conversation that nobody has spoken in to the app and end user of its first turn. Undefined when another turn
 * was first, or it is gone.
 */
export function claimConversation(
  store: Store,
  id: string,
  { nobody, owner, name }: ConversationClaim,
): Promise<ConversationRow | undefined> {
  return store
    .updateTable('conversations')
    .set(({ eb, ref }) => ({
      app_id: owner.appId,
      end_user_id: owner.endUserId,
      name: eb.case().when('name', '=', '').then(name).else(ref('name')).end(),
    }))
    .where('id', '=', id)
    .where('end_user_id', '=', nobody)
    .where('app_id', 'in', ['', owner.appId])
    .returningAll()
    .executeTakeFirst();
}

/** Begins a new section: what was said before is no context any more. False when the conversation is gone. */
export async function beginSection(
  store: Store,
  owner: Owner,
  id: string,
  section: string,
): Promise<boolean> {
  const { numUpdatedRows } = await store
    .updateTable('conversations')
    .set({ section })
    .where('id', '=', id)
    .where('app_id', '=', owner.appId)
    .where('end_user_id', '=', owner.endUserId)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
