import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAccessToken } from '../../../src/apps/token-ring.ts';
import type { Store } from '../../../src/store/open-store.ts';
import { type Child, type Home, makeHome } from '../../crash/serve.ts';
import { type MockProvider, startMockProvider } from '../../support/mock-provider/start-mock-provider.ts';
import { agentApp } from '../../support/parley/apps.ts';
import type { TestCoze } from '../../support/parley/coze.ts';
import { openTestStore } from '../../support/parley/open-test-store.ts';
import { endOf, messagesOf, retrieve, type Wire, wholeChat } from '../chats.ts';
import { DEVICE, locate, locateCall, resume, rounds, streamOn, waitingChat } from './device.ts';

let provider: MockProvider;
let home: Home;
let server: Child;
let store: Store;
/** What the helpers of these tests need of a server, here one in a process of its own. */
let coze: TestCoze;

beforeAll(async () => {
  provider = await startMockProvider();
  home = await makeHome({
    apps: { agent: agentApp([locate]) },
    provider: provider.baseUrl,
    config: { tools: [DEVICE] },
  });
  server = await home.serve();
  store = await openTestStore(home);
  const token = await createAccessToken(store, { apps: 'all', scopes: 'all' });
  const request: TestCoze['request'] = (method, path, body) =>
    fetch(`${server.url}/coze${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  coze = { request } as TestCoze;
});
afterAll(async () => {
  await store.destroy();
  await home.remove();
  await provider.close();
});

/** A chat that waits and has said "Let me see."; when it goes on, the test speaks for the model. */
function waiting(text: string): Promise<Wire> {
  provider.reply(rounds({ tokens: ['Let me see.'], toolCalls: [locateCall] }, { gate: true }));
  return waitingChat(coze, text);
}

const asked = (text: string) =>
  provider.nextRequest(
    ({ body, isOver }) =>
      !isOver && JSON.stringify(body).includes(text) && JSON.stringify(body).includes('"tool"'),
  );

const shown = async (chat: Wire) =>
  (await messagesOf(coze, chat)).map(({ type, content }) => [type, content]);

const call = ['function_call', expect.stringContaining('get_location')];

/** After the next start: it has failed, with all that was said and brought, and its conversation is free. */
async function expectOrphan(chat: Wire, answer: string): Promise<void> {
  const last_error = { code: 5000, msg: expect.stringMatching(/interrupted/) };
  expect(await retrieve(coze, chat)).toMatchObject({ status: 'failed', last_error });
  expect(await shown(chat)).toEqual([call, ['tool_response', 'Rome'], ['answer', answer]]);
  provider.reply({ tokens: ['Hello.'] });
  const { conversation_id } = chat;
  const next = await wholeChat(coze, 'Hi', { app: 'agent', conversation_id });
  expect(next).toMatchObject({ status: 'completed' });
}

test('kill -9: chats that went on have failed with all that was said and brought; one that waits waits on', async () => {
  const waits = await waiting('that waits');
  const silent = await waiting('that goes on in the next process');
  const speaking = await waiting('that goes on in the process of its pause');
  const reader = await streamOn(coze, speaking, 'Rome');
  const upstream = await asked('that goes on in the process of its pause');
  upstream.send('In');
  let said = await reader.until('conversation.message.delta');
  while (said.content !== 'In') said = await reader.until('conversation.message.delta');
  // The server will be killed: the connection breaks.
  reader.rest().catch(() => {});
  await server.kill();
  server = await home.serve();
  await expectOrphan(speaking, 'Let me see.\nIn');

  // Nothing of this one is in the journal of the new process, and it has said nothing yet.
  provider.reply({ gate: true });
  await resume(coze, silent, 'Rome');
  await asked('that goes on in the next process');
  await server.kill();
  server = await home.serve();
  await expectOrphan(silent, 'Let me see.');

  expect(await retrieve(coze, waits)).toEqual(waits);
  await resume(coze, waits, 'Rome');
  expect(await endOf(coze, waits)).toMatchObject({ status: 'completed' });
  expect(await shown(waits)).toEqual([
    call,
    ['tool_response', 'Rome'],
    ['answer', 'Let me see.\nHello.'],
    ['verbose', expect.any(String)],
  ]);
});
