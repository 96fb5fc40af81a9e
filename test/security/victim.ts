import { ensureConversationVariables } from '../../src/store/conversation-variables.ts';
import { newId } from '../../src/store/new-id.ts';
import type { MockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { openTestStore } from '../support/parley/open-test-store.ts';
import type { TestParley } from '../support/parley/start-parley.ts';
import { answered, firstEvent, sendChat, streamChat } from '../support/parley/turns.ts';
import { upload } from '../support/parley/upload.ts';
import { endNode, graphApp, startNode } from '../workflow/graph-app.ts';
import { runWorkflow } from '../workflow/workflow-turns.ts';

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
  readonly workflow_id: string;
  readonly workflow_run_id: string;
  /** Lets Alice's running answer end, and tells whether it was left alone. */
  finish(): Promise<boolean>;
}

/** A workflow that says what it was told; another `name` makes another version. */
export function secretFlow(name = 'Secrets'): string {
  const nodes = { start: startNode('secret'), end: endNode({ said: ['start', 'secret'] }) };
  return graphApp('workflow', nodes, { name });
}

/**
 * Alice has a conversation with an image, an answered turn, feedback, a variable, an answer that is being written, and a
 * run of a workflow.
 */
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
  const workflow = await runWorkflow(parley, { user: 'alice', inputs: { secret: CANARY } });
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
    variable_id: await keepVariable(parley, turn.conversation_id),
    workflow_id: String(workflow.data.workflow_id),
    workflow_run_id: workflow.workflow_run_id,
    async finish() {
      upstream.send(' to the end');
      upstream.finish();
      const events = await reader.readAll();
      return !upstream.wasAborted && events.some(({ answer }) => answer === ' to the end');
    },
  };
}

/** As a chatflow would. */
async function keepVariable(parley: TestParley, conversation_id: string): Promise<string> {
  const store = await openTestStore(parley);
  const id = newId();
  const now = Date.now();
  await ensureConversationVariables(store, [
    {
      ...{ id, app_id: 'chat', conversation_id, name: 'secret', value_type: 'string' },
      ...{ value: JSON.stringify(CANARY), description: '', created_at: now, updated_at: now },
    },
  ]);
  await store.destroy();
  return id;
}
