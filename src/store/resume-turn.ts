import { hasRunningTurn, holdConversation } from './accept-turn.ts';
import { commitTogether } from './commit-together.ts';
import type { Store } from './open-store.ts';
import type { ConversationRow, MessageRow, ThoughtRow } from './schema.ts';
import { saveThoughts } from './thoughts.ts';

/**
 * Lets a paused turn of a conversation, which the caller has read as its owner, run again in this process, and keeps
 * what its caller brought. Once: of two that try, one finds it not `paused` any more. `busy` when another turn of the
 * conversation is running.
 */
export function resumeTurn(
  store: Store,
  conversation: Pick<ConversationRow, 'id' | 'app_id'>,
  turn: Pick<MessageRow, 'id' | 'run_id'>,
  { processId, thoughts }: { readonly processId: string; readonly thoughts: readonly ThoughtRow[] },
): Promise<'resumed' | 'busy' | 'not_paused'> {
  return commitTogether(store, async (trx) => {
    await holdConversation(trx, conversation.id);
    if (await hasRunningTurn(trx, conversation.id)) return 'busy';
    const { numUpdatedRows } = await trx
      .updateTable('runs')
      .set({ status: 'running', process_id: processId })
      .where('id', '=', turn.run_id)
      .where('conversation_id', '=', conversation.id)
      .where('app_id', '=', conversation.app_id)
      .where('status', '=', 'paused')
      .executeTakeFirst();
    if (numUpdatedRows === 0n) return 'not_paused';
    await trx.updateTable('messages').set({ status: 'normal' }).where('id', '=', turn.id).execute();
    await saveThoughts(trx, thoughts);
    return 'resumed';
  });
}
