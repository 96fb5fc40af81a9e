import { hasRunningTurn, holdConversation } from './accept-turn.ts';
import { commitTogether } from './commit-together.ts';
import type { Store } from './open-store.ts';
import type { ConversationRow, MessageRow, ThoughtRow } from './schema.ts';
import { saveThoughts } from './thoughts.ts';

/**
 * Lets a paused turn of a conversation, which the caller has read as its owner, run again in this process, and keeps
 * what its caller brought. Once: of two that try, one finds it not `paused` any more, like one that was deleted meanwhile
 * or had been given up. `busy` when another turn of the conversation is running. Nothing is written then.
 */
export function resumeTurn(
  store: Store,
  conversation: Pick<ConversationRow, 'id' | 'app_id'>,
  turn: Pick<MessageRow, 'id' | 'run_id'>,
  { processId, thoughts }: { readonly processId: string; readonly thoughts: readonly ThoughtRow[] },
): Promise<'resumed' | 'busy' | 'not_paused'> {
  return commitTogether(store, async (trx) => {
    const run = trx
      .updateTable('runs')
      .where('id', '=', turn.run_id)
      .where('conversation_id', '=', conversation.id)
      .where('app_id', '=', conversation.app_id)
      .where('status', '=', 'paused')
      .where('canceled_at', 'is', null);
    // Writing its row makes others wait. It comes before the conversation's, as where that is deleted: the other way round,
    // each could wait for the other.
    const held = await run.set(({ ref }) => ({ status: ref('status') })).executeTakeFirst();
    if (held.numUpdatedRows === 0n) return 'not_paused';
    await holdConversation(trx, conversation.id);
    if (await hasRunningTurn(trx, conversation.id)) return 'busy';
    const message = trx.updateTable('messages').set({ status: 'normal' }).where('id', '=', turn.id);
    // Deleted with its conversation, of which the run stays.
    if ((await message.executeTakeFirst()).numUpdatedRows === 0n) return 'not_paused';
    await run.set({ status: 'running', process_id: processId }).execute();
    await saveThoughts(trx, thoughts);
    return 'resumed';
  });
}
