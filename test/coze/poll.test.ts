import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { chatApp } from '../support/parley/apps.ts';
import { startCoze, type TestCoze, TOKEN } from '../support/parley/coze.ts';
import { beginChat, botId, dataOf, endOf, messagesOf, retrieve, sendChat, user } from './chats.ts';

let provider: MockProvider;
let coze: TestCoze;

beforeAll(async () => {
  provider = await startMockProvider();
  coze = await startCoze({ apps: { chat: chatApp() }, provider: provider.baseUrl });
});
beforeEach(() => provider.reply({ gate: true }));
afterAll(async () => {
  await coze.close();
  await provider.close();
});

const open = () => provider.nextRequest((request) => !request.isOver);
const request = { bot_id: botId('chat'), user_id: 'u1', additional_messages: [user('Hi') as never] };

test('create answers at once, with a chat in progress', async () => {
  const chat = await coze.client.chat.create(request);
  expect(chat).toEqual({
    id: expect.stringMatching(/^\d+$/),
    conversation_id: expect.stringMatching(/^\d+$/),
    bot_id: botId('chat'),
    status: 'in_progress',
    created_at: expect.toSatisfy((at) => Math.abs(at - Date.now() / 1000) < 5),
    completed_at: null,
    failed_at: null,
    meta_data: {},
    last_error: { code: 0, msg: '' },
    section_id: chat.conversation_id,
    required_action: { type: '', submit_tool_outputs: { tool_calls: [] } },
    usage: { token_count: 0, output_count: 0, input_count: 0 },
  });
  (await open()).finish();
});

test.each([{ stream: false }, { stream: null }, {}])('%o is no stream', async (more) => {
  const response = await sendChat(coze, 'Hi', more);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(await response.json()).toMatchObject({
    code: 0,
    msg: '',
    data: { status: 'in_progress' },
    detail: { logid: response.headers.get('x-tt-logid') },
  });
  (await open()).finish();
});

test('retrieve, by GET and by POST as each SDK asks: in progress, then completed with usage', async () => {
  const chat = await beginChat(coze, 'Hi');
  const upstream = await open();
  upstream.send('Hello');
  const path = `/v3/chat/retrieve?chat_id=${chat.id}&conversation_id=${chat.conversation_id}`;
  const authorization = `Bearer ${TOKEN}`;
  const form = { authorization, 'content-type': 'application/x-www-form-urlencoded' };
  const ask = (init: RequestInit) => dataOf(fetch(coze.url + path, init));
  const all = () =>
    Promise.all([
      ask({ headers: { authorization } }),
      ask({ method: 'POST', headers: form }),
      ask({ method: 'POST', headers: { authorization } }),
      ask({ method: 'POST', headers: { ...form, 'content-type': 'application/json' }, body: '{}' }),
      coze.client.chat.retrieve(chat.conversation_id, chat.id),
    ]);
  for (const answer of await all()) expect(answer).toEqual(chat);
  upstream.finish();
  const ended = await endOf(coze, chat);
  expect(ended).toEqual({
    ...chat,
    status: 'completed',
    completed_at: expect.toSatisfy((at) => at >= Number(chat.created_at)),
    usage: { token_count: 11, output_count: 1, input_count: 10 },
  });
  for (const answer of await all()) expect(answer).toEqual(ended);
});

test('message/list: nothing while the chat goes on, which is no error; then answer and verbose', async () => {
  const chat = await beginChat(coze, 'Hi');
  const upstream = await open();
  upstream.send('Hello');
  expect(await messagesOf(coze, chat)).toEqual([]);
  upstream.send(' you');
  upstream.finish();
  await endOf(coze, chat);
  const listed = await coze.client.chat.messages.list(chat.conversation_id, chat.id);
  expect(listed).toMatchObject([
    { role: 'assistant', type: 'answer', content: 'Hello you', content_type: 'text', chat_id: chat.id },
    { role: 'assistant', type: 'verbose', content_type: 'text', chat_id: chat.id },
  ]);
  // The question is none of them.
  expect(listed).toHaveLength(2);
});

test('the official client polls to the end of a chat', async () => {
  provider.reply({ tokens: ['Hel', 'lo'], hold: 1 });
  const polled = coze.client.chat.createAndPoll({ ...request, meta_data: { from: 'poll' } });
  (await open()).release();
  const { chat, messages } = await polled;
  expect(chat).toMatchObject({ status: 'completed', meta_data: { from: 'poll' } });
  expect(messages).toMatchObject([{ type: 'answer', content: 'Hello' }, { type: 'verbose' }]);
});

test('polling as often as the SDK does is not limited', async () => {
  const limited = await startCoze({
    apps: { chat: chatApp() },
    provider: provider.baseUrl,
    config: { limits: { requests_per_minute: 2 } },
  });
  const chat = await beginChat(limited, 'Hi');
  for (let n = 0; n < 30; n++) expect((await retrieve(limited, chat)).status).toBe('in_progress');
  expect(await messagesOf(limited, chat)).toEqual([]);
  (await open()).finish();
  await endOf(limited, chat);
  // What begins something is: the second is the last.
  provider.reply();
  expect((await sendChat(limited, 'Hi')).status).toBe(200);
  const refused = await sendChat(limited, 'Hi');
  expect(refused.status).toBe(429);
  expect(await refused.json()).toMatchObject({ code: 4009 });
  await limited.close();
});
