import type { Store } from './open-store.ts';
import type { ThoughtRow } from './schema.ts';

/** Thoughts of these messages, in their order. The caller has read the messages as their owner. */
export async function listThoughts(
  store: Store,
  appId: string,
  messageIds: readonly string[],
): Promise<ThoughtRow[]> {
  if (messageIds.length === 0) return [];
  return store
    .selectFrom('thoughts')
    .selectAll()
    .where('app_id', '=', appId)
    .where('message_id', 'in', [...messageIds])
    .orderBy('message_id')
    .orderBy('position')
    .execute();
}

/** Writes thoughts as they are now. */
export async function saveThoughts(store: Store, thoughts: readonly ThoughtRow[]): Promise<void> {
  for (const thought of thoughts)
    await store
      .insertInto('thoughts')
      .values(thought)
      .onConflict((conflict) =>
        conflict.column('id').doUpdateSet({ text: thought.text, uses: thought.uses, files: thought.files }),
      )
      .execute();
}
