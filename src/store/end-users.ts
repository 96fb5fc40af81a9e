import { v7 as uuid } from 'uuid';
import type { Store } from './open-store.ts';
import type { EndUserRow } from './schema.ts';

/** `user` of a request that names none (`facts/dify-wire.md` §1.3). */
export const DEFAULT_USER = 'DEFAULT-USER';

/** The end user that `sessionId` (the wire's `user`) names under this app; made when it is new. */
export async function findOrCreateEndUser(store: Store, appId: string, sessionId: string): Promise<EndUserRow> {
  const found = await store
    .selectFrom('end_users')
    .selectAll()
    .where('app_id', '=', appId)
    .where('session_id', '=', sessionId)
    .executeTakeFirst();
  if (found) return found;
  const now = Date.now();
  return store
    .insertInto('end_users')
    .values({
      id: uuid(),
      app_id: appId,
      session_id: sessionId,
      is_anonymous: sessionId === DEFAULT_USER ? 1 : 0,
      created_at: now,
      updated_at: now,
    })
    .onConflict((conflict) => conflict.columns(['app_id', 'session_id']).doUpdateSet({ updated_at: now }))
    .returningAll()
    .executeTakeFirstOrThrow();
}

export function findEndUser(store: Store, appId: string, id: string): Promise<EndUserRow | undefined> {
  return store
    .selectFrom('end_users')
    .selectAll()
    .where('app_id', '=', appId)
    .where('id', '=', id)
    .executeTakeFirst();
}
