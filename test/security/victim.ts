import { randomUUID } from 'node:crypto';
import type { MockProvider } from '../support/mock-provider/start-mock-provider.ts';
import type { TestParley } from '../support/parley/start-parley.ts';
import { answered, firstEvent, sendChat, streamChat } from '../support/parley/turns.ts';
import { upload } from '../support/parley/upload.ts';

/** Words that stand in everything that Alice owns, and must never reach anybody else. */
export const CANARY = 'canary-of-alice';

/** What another key or user could ask for. */
export interface Belongings {
  readonly conversation_id: string;
  readonly message_id: string;
  readonly task_id: string;
  readonly file_id: string;
  readonly end_user_id: string;
  readonly variable_id: string;
  /** Lets Alice's running answer end, and tells whether it was left alone. */
  finish(): Promise<boolean>;
}

/** Alice has a conversation with an image, an answered turn, feedback, and an answer that is being written. */
export async function makeBelongings(parley: TestParley, provider: MockProvider): Promise<Belongings> {
  provider.reply({ tokens: [`An answer, ${CANARY}.`] });
  const uploaded = await upload(
    parley,
    { name: `${CANARY}.png`, type: 'image/png', data: CANARY },
    { user: 'alice', app: 'chat' },
  );
  const file = (await uploaded.json()) as { id: string; created_by: string };
  const turn = await answered(
    sendChat(parley, {
      user: 'alice',
      query: `A question, ${CANARY}.`,
      inputs: { secret: CANARY },
      files: [{ type: 'image', transfer_method: 'local_file', upload_file_id: file.id }],
    }),
  );
  await parley.request('chat', 'POST', `/messages/${turn.message_id}/feedbacks`, {
    user: 'alice',
    rating: 'like',
    content: CANARY,
  });
  provider.reply({ gate: true });
  const reader = await streamChat(parley, { user: 'alice', query: CANARY, inputs: { secret: CANARY } });
  const upstream = await provider.nextRequest((request) => !request.isOver);
  upstream.send(CANARY);
  const running = await firstEvent(reader);
  provider.reply();
  return {
    conversation_id: turn.conversation_id,
    message_id: turn.message_id,
    task_id: running.task_id,
    file_id: file.id,
    end_user_id: file.created_by,
    variable_id: randomUUID(),
    async finish() {
      upstream.send(' to the end');
      upstream.finish();
      const events = await reader.readAll();
      return !upstream.wasAborted && events.some(({ answer }) => answer === ' to the end');
    },
  };
}
