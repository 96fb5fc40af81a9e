import type { Store } from './open-store.ts';
import type { AppVersionRow } from './schema.ts';

/** Keeps a definition; one that is kept already stays as it is. */
export async function insertAppVersion(store: Store, version: AppVersionRow): Promise<void> {
  await store
    .insertInto('app_versions')
    .values(version)
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
}

export function findAppVersion(store: Store, id: string): Promise<AppVersionRow | undefined> {
  return store.selectFrom('app_versions').selectAll().where('id', '=', id).executeTakeFirst();
}
