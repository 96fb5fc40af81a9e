import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAccessToken } from '../../src/apps/token-ring.ts';
import type { Store } from '../../src/store/open-store.ts';
import { type Child, type Home, makeHome } from '../crash/serve.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { chatApp } from '../support/parley/apps.ts';
import type { TestCoze } from '../support/parley/coze.ts';
import { openTestStore } from '../support/parley/open-test-store.ts';
import { cancel, codeOf, dataOf, messagesOf, retrieve, sendChat, streamChat, wholeChat } from './chats.ts';

let provider: MockProvider;
let home: Home;
let server: Child;
let store: Store;
/** What the helpers of these tests need of a server, here one in a process of its own. */
let coze: TestCoze;

beforeAll(async () => {
  provider = await startMockProvider();
  home = await makeHome({ apps: { chat: chatApp() }, provider: provider.baseUrl });
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

/** A chat that has said `word`, and goes on. */
async function going(text: string, word: string) {
  const reader = await streamChat(coze, text);
  const chat = await reader.until('conversation.chat.created');
  const upstream = await provider.nextRequest((request) => JSON.stringify(request.body).includes(text));
  upstream.send(word);
  await reader.until('conversation.message.delta');
  // The server will be killed: the connection breaks.
  reader.rest().catch(() => {});
  return chat;
}

test('kill -9: a chat that went on has failed, a canceled one stays canceled, and both conversations are free', async () => {
  provider.reply({ gate: true });
  const running = await going('left running', 'half');
  const canceled = await going('given up', 'never mind');
  await dataOf(cancel(coze, canceled));
  const { conversation_id } = running;
  expect(await codeOf(sendChat(coze, 'Hi', { conversation_id }))).toBe(4016);
  await server.kill();

  server = await home.serve();
  const failed = await retrieve(coze, running);
  expect(failed).toMatchObject({
    status: 'failed',
    completed_at: null,
    failed_at: expect.any(Number),
    last_error: { code: 5000, msg: expect.stringMatching(/interrupted/) },
  });
  expect(await retrieve(coze, canceled)).toMatchObject({ status: 'canceled', failed_at: null });
  expect(await messagesOf(coze, running)).toMatchObject([{ type: 'answer', content: 'half' }]);
  expect(await codeOf(cancel(coze, running))).toBe(4104);
  expect(await codeOf(cancel(coze, canceled))).toBe(0);

  provider.reply({ tokens: ['back'] });
  expect((await wholeChat(coze, 'Hi', { conversation_id })).status).toBe('completed');
  const next = await wholeChat(coze, 'And?', { conversation_id: canceled.conversation_id });
  expect(next.status).toBe('completed');
  expect(provider.requests.at(-1)?.body?.messages).toEqual([{ role: 'user', content: 'And?' }]);
});
