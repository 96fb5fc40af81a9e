import type { Store } from './open-store.ts';
import type { ConversationRow, MessageRow, RunRow } from './schema.ts';

/** A turn with the run that answered it. */
export type TurnRow = MessageRow & {
  readonly run_status: RunRow['status'];
  readonly run_error: RunRow['error'];
  readonly error_code: RunRow['error_code'];
  readonly stopped_by: RunRow['stopped_by'];
  readonly run_metadata: RunRow['metadata'];
  readonly canceled_at: RunRow['canceled_at'];
  readonly finished_at: RunRow['finished_at'];
};

/** Every function here takes the conversation as its owner has read it. */
type Conversation = Pick<ConversationRow, 'id' | 'app_id'>;

/** Turns that were accepted at this millisecond of a conversation's time: one, hardly ever more. */
export function findTurnsAt(store: Store, conversation: Conversation, createdAt: number): Promise<TurnRow[]> {
  return selectTurns(store, conversation).where('messages.created_at', '=', createdAt).execute();
}

export function findTurn(store: Store, conversation: Conversation, id: string): Promise<TurnRow | undefined> {
  return selectTurns(store, conversation).where('messages.id', '=', id).executeTakeFirst();
}

/** The turn that was accepted last. */
export function findNewestTurn(store: Store, conversation: Conversation): Promise<TurnRow | undefined> {
  return selectTurns(store, conversation)
    .orderBy('messages.created_at', 'desc')
    .orderBy('messages.id', 'desc')
    .limit(1)
    .executeTakeFirst();
}

/** Whether its answer is a message of the conversation: whole, and not deleted. */
export function hasAnswer(turn: TurnRow): boolean {
  return (
    turn.run_status !== 'running' &&
    turn.run_status !== 'paused' &&
    turn.answer_hidden === 0 &&
    turn.answer !== ''
  );
}

/** Turns of a conversation, for queries of this room. */
export function selectTurns(store: Store, conversation: Conversation) {
  return store
    .selectFrom('messages')
    .innerJoin('runs', 'runs.id', 'messages.run_id')
    .selectAll('messages')
    .select([
      'runs.status as run_status',
      'runs.error as run_error',
      'runs.error_code',
      'runs.stopped_by',
      'runs.metadata as run_metadata',
      'runs.canceled_at',
      'runs.finished_at',
    ])
    .where('messages.conversation_id', '=', conversation.id)
    .where('messages.app_id', '=', conversation.app_id);
}

/** Changes what was asked or answered. False when the turn was deleted meanwhile. */
export async function updateTurn(
  store: Store,
  conversation: Conversation,
  id: string,
  change: Partial<
    Pick<
      MessageRow,
      'query' | 'query_metadata' | 'query_hidden' | 'answer' | 'answer_metadata' | 'answer_hidden'
    >
  >,
): Promise<boolean> {
  const { numUpdatedRows } = await store
    .updateTable('messages')
    .set({ ...change, updated_at: Date.now() })
    .where('id', '=', id)
    .where('conversation_id', '=', conversation.id)
    .where('app_id', '=', conversation.app_id)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
