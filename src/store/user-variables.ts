import type { Store } from './open-store.ts';
import type { UserVariableRow } from './schema.ts';

/** The end user's variables, by name. */
export function listUserVariables(store: Store, endUserId: string): Promise<UserVariableRow[]> {
  return store
    .selectFrom('user_variables')
    .selectAll()
    .where('end_user_id', '=', endUserId)
    .orderBy('name')
    .execute();
}

/** Sets them, all or none. */
export async function setUserVariables(
  store: Store,
  endUserId: string,
  values: readonly { readonly name: string; readonly value: string }[],
): Promise<void> {
  const now = Date.now();
  // In one order, or two of these at once could wait for each other's rows.
  const ordered = values.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  await store.transaction().execute(async (trx) => {
    for (const { name, value } of ordered) {
      await trx
        .insertInto('user_variables')
        .values({ end_user_id: endUserId, name, value, created_at: now, updated_at: now })
        .onConflict((conflict) =>
          conflict.columns(['end_user_id', 'name']).doUpdateSet({ value, updated_at: now }),
        )
        .execute();
    }
  });
}
