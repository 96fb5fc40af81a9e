import { newId } from './new-id.ts';
import type { Store } from './open-store.ts';
import { preparedQuery } from './prepared-query.ts';
import type { EndUserRow } from './schema.ts';

/** `user` of a request that names none (`facts/dify-wire.md` §1.3). */
export const DEFAULT_USER = 'DEFAULT-USER';

/**
 * Name of the end user that stands for nobody yet: owner of an app's conversations that were made before anybody spoke
 * in them. No client can name it: an empty `user` is `DEFAULT_USER`.
 */
export const NOBODY = '';

/** End users never change or go away, so those seen lately are remembered. */
const MAX_KNOWN = 10_000;
const known = new WeakMap<Store, Map<string, EndUserRow>>();

/** The end user that `sessionId` (the wire's `user`) names under this app; made when it is new. */
export async function findOrCreateEndUser(
  store: Store,
  appId: string,
  sessionId: string,
): Promise<EndUserRow> {
  let users = known.get(store);
  if (!users) {
    users = new Map();
    known.set(store, users);
  }
  const name = JSON.stringify([appId, sessionId]);
  let user = users.get(name);
  if (user) return user;
  user =
    (await findBySession(store, { appId, sessionId })).rows[0] ??
    (await insertEndUser(store, appId, sessionId));
  if (users.size >= MAX_KNOWN) users.clear();
  users.set(name, user);
  return user;
}

function insertEndUser(store: Store, appId: string, sessionId: string): Promise<EndUserRow> {
  const now = Date.now();
  return store
    .insertInto('end_users')
    .values({
      id: newId(),
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

/** The end user of this name, if it has been here. */
export async function findEndUserByName(
  store: Store,
  appId: string,
  sessionId: string,
): Promise<EndUserRow | undefined> {
  return (await findBySession(store, { appId, sessionId })).rows[0];
}

const findBySession = preparedQuery((db, p: { appId: string; sessionId: string }) =>
  db.selectFrom('end_users').selectAll().where('app_id', '=', p.appId).where('session_id', '=', p.sessionId),
);

export function findEndUser(store: Store, appId: string, id: string): Promise<EndUserRow | undefined> {
  return store
    .selectFrom('end_users')
    .selectAll()
    .where('app_id', '=', appId)
    .where('id', '=', id)
    .executeTakeFirst();
}
