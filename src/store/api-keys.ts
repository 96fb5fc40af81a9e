import type { Store } from './open-store.ts';
import type { ApiKeyRow } from './schema.ts';

/** Adds a key; one that is there already (same hash) stays as it is. */
export async function insertApiKey(store: Store, key: ApiKeyRow): Promise<void> {
  await store
    .insertInto('api_keys')
    .values(key)
    .onConflict((conflict) => conflict.column('hash').doNothing())
    .execute();
}

export function findApiKey(store: Store, hash: string): Promise<ApiKeyRow | undefined> {
  return store.selectFrom('api_keys').selectAll().where('hash', '=', hash).executeTakeFirst();
}

export function listApiKeys(store: Store, appId?: string): Promise<ApiKeyRow[]> {
  let query = store.selectFrom('api_keys').selectAll().orderBy('created_at').orderBy('id');
  if (appId !== undefined) query = query.where('app_id', '=', appId);
  return query.execute();
}

/** Revokes a key by its id. False when there is none. */
export async function deleteApiKey(store: Store, id: string): Promise<boolean> {
  const { numDeletedRows } = await store.deleteFrom('api_keys').where('id', '=', id).executeTakeFirst();
  return numDeletedRows > 0n;
}

export async function touchApiKey(store: Store, id: string, usedAt: number): Promise<void> {
  await store.updateTable('api_keys').set({ last_used_at: usedAt }).where('id', '=', id).execute();
}
