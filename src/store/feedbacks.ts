import { commitTogether } from './commit-together.ts';
import type { Store } from './open-store.ts';
import type { Owner } from './owner.ts';
import type { FeedbackRow } from './schema.ts';

/** Sets the end user's one feedback on a message; nothing when that was deleted meanwhile. */
export function upsertFeedback(store: Store, feedback: FeedbackRow): Promise<void> {
  return commitTogether(store, async (trx) => {
    // Writing the message's row first makes a deletion wait, or has waited for one.
    const message = await trx
      .updateTable('messages')
      .set(({ ref }) => ({ updated_at: ref('updated_at') }))
      .where('id', '=', feedback.message_id)
      .where('app_id', '=', feedback.app_id)
      .returning('id')
      .executeTakeFirst();
    if (!message) return;
    await trx
      .insertInto('feedbacks')
      .values(feedback)
      .onConflict((conflict) =>
        conflict.columns(['message_id', 'end_user_id']).doUpdateSet({
          rating: feedback.rating,
          content: feedback.content,
          reasons: feedback.reasons,
          updated_at: feedback.updated_at,
        }),
      )
      .execute();
  });
}

/** Takes it back. False when there was none. */
export async function deleteFeedback(store: Store, owner: Owner, messageId: string): Promise<boolean> {
  const { numDeletedRows } = await store
    .deleteFrom('feedbacks')
    .where('app_id', '=', owner.appId)
    .where('end_user_id', '=', owner.endUserId)
    .where('message_id', '=', messageId)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

/** This end user's feedback on these messages. */
export async function findFeedbacks(
  store: Store,
  owner: Owner,
  messageIds: readonly string[],
): Promise<FeedbackRow[]> {
  if (messageIds.length === 0) return [];
  return store
    .selectFrom('feedbacks')
    .selectAll()
    .where('app_id', '=', owner.appId)
    .where('end_user_id', '=', owner.endUserId)
    .where('message_id', 'in', [...messageIds])
    .execute();
}

/** Feedback of all end users of an app, newest first; `page` counts from 1. */
export function listAppFeedbacks(
  store: Store,
  appId: string,
  { page, limit }: { readonly page: number; readonly limit: number },
): Promise<FeedbackRow[]> {
  return store
    .selectFrom('feedbacks')
    .selectAll()
    .where('app_id', '=', appId)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .offset((page - 1) * limit)
    .limit(limit)
    .execute();
}
