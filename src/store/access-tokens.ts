import type { Store } from './open-store.ts';
import type { AccessTokenRow } from './schema.ts';

/** Adds a token; one that is there already (same hash) stays as it is. */
export async function insertAccessToken(store: Store, token: AccessTokenRow): Promise<void> {
  await store
    .insertInto('access_tokens')
    .values(token)
    .onConflict((conflict) => conflict.column('hash').doNothing())
    .execute();
}

export function findAccessToken(store: Store, hash: string): Promise<AccessTokenRow | undefined> {
  return store.selectFrom('access_tokens').selectAll().where('hash', '=', hash).executeTakeFirst();
}

export function listAccessTokens(store: Store): Promise<AccessTokenRow[]> {
  return store.selectFrom('access_tokens').selectAll().orderBy('created_at').orderBy('id').execute();
}

/** Revokes a token by its id. False when there is none. */
export async function deleteAccessToken(store: Store, id: string): Promise<boolean> {
  const { numDeletedRows } = await store.deleteFrom('access_tokens').where('id', '=', id).executeTakeFirst();
  return numDeletedRows > 0n;
}

export async function touchAccessToken(store: Store, id: string, usedAt: number): Promise<void> {
  await store.updateTable('access_tokens').set({ last_used_at: usedAt }).where('id', '=', id).execute();
}
