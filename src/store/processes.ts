import type { Store } from './open-store.ts';

/** Says that this process lives. */
export async function beat(store: Store, id: string, at: number): Promise<void> {
  await store
    .insertInto('processes')
    .values({ id, beat_at: at })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ beat_at: at }))
    .execute();
}
