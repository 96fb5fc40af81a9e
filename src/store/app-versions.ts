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

/** The newest id that begins with `prefix`, which ends within the hash. */
export async function findAppVersionId(store: Store, prefix: string): Promise<string | undefined> {
  const found = await store
    .selectFrom('app_versions')
    .select('id')
    // Not by order, which depends on the database's collation; there are few versions.
    .where(({ fn, val }) => fn('substr', ['id', val(1), val(prefix.length)]), '=', prefix)
    .orderBy('created_at', 'desc')
    .executeTakeFirst();
  return found?.id;
}
