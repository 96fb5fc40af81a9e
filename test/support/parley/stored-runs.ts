import { vi } from 'vitest';
import type { Store } from '../../../src/store/open-store.ts';

/** A turn as it lies in the database: its message and its run. The run's id is the wire's task id. */
export async function storedTurn(store: Store, messageId: unknown) {
  return store
    .selectFrom('messages')
    .innerJoin('runs', 'runs.id', 'messages.run_id')
    .select([
      'runs.id as taskId',
      'runs.status as run',
      'runs.stopped_by as stoppedBy',
      'runs.finished_at as finishedAt',
      'messages.id as messageId',
      'messages.status as status',
      'messages.answer as answer',
      'messages.query as query',
      'messages.error as error',
      'messages.answer_tokens as answerTokens',
      'messages.usage as usage',
    ])
    .where('messages.id', '=', String(messageId))
    .executeTakeFirstOrThrow();
}

/** Waits for the one run of an end user that goes on, for tests whose client does not know its task id yet. */
export function runningTurn(store: Store, user: string) {
  return vi.waitFor(
    async () => {
      const { message_id } = await store
        .selectFrom('runs')
        .innerJoin('end_users', 'end_users.id', 'runs.end_user_id')
        .select('runs.message_id')
        .where('runs.status', '=', 'running')
        .where('end_users.session_id', '=', user)
        .executeTakeFirstOrThrow();
      return storedTurn(store, message_id);
    },
    { timeout: 5000, interval: 5 },
  );
}

/** Waits until a turn's run has ended, for tests whose client is gone. */
export function endedTurn(store: Store, messageId: unknown) {
  return vi.waitFor(
    async () => {
      const turn = await storedTurn(store, messageId);
      if (turn.run === 'running') throw new Error('the run goes on');
      return turn;
    },
    { timeout: 5000, interval: 5 },
  );
}
