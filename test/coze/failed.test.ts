import { afterAll, beforeAll, expect, test } from 'vitest';
import type { MockReply } from '../support/mock-provider/mock-reply.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { chatApp } from '../support/parley/apps.ts';
import { startCoze, type TestCoze } from '../support/parley/coze.ts';
import {
  botId,
  chatOf,
  deltasOf,
  messagesOf,
  namesOf,
  retrieve,
  streamChat,
  user,
  type Wire,
  wholeChat,
} from './chats.ts';

let provider: MockProvider;
let coze: TestCoze;

beforeAll(async () => {
  provider = await startMockProvider();
  coze = await startCoze({ apps: { chat: chatApp() }, provider: provider.baseUrl });
});
afterAll(async () => {
  await coze.close();
  await provider.close();
});

const cases: readonly (readonly [string, MockReply, { code: number; said: string }])[] = [
  [
    'refuses the key',
    { status: 401, error: { message: 'no', code: 'invalid_api_key' } },
    { code: 5000, said: '' },
  ],
  ['is asked too often', { status: 429, error: { message: 'slow down' } }, { code: 4013, said: '' }],
  [
    'has no money left',
    { status: 429, error: { message: 'no', code: 'insufficient_quota' } },
    { code: 4011, said: '' },
  ],
  ['breaks', { status: 500, error: { message: 'oops' } }, { code: 5000, said: '' }],
  ['hangs up', { tokens: ['Half', ' of'], cutAfter: 2 }, { code: 5000, said: 'Half of' }],
  ['says so itself', { tokens: ['Half'], error: { message: 'overloaded' } }, { code: 5000, said: 'Half' }],
];

test.each(cases)(
  'a model that %s: chat.failed with the whole chat, then done',
  async (_, reply, expected) => {
    provider.reply(reply);
    const events = await (await streamChat(coze, 'Hi', { meta_data: { a: 'b' } })).rest();
    expect(namesOf(events).filter((name) => name !== 'message.delta')).toEqual([
      'chat.created',
      'chat.in_progress',
      'chat.failed',
      'done',
    ]);
    expect(deltasOf(events).content).toBe(expected.said);
    const chat = chatOf(events);
    const failed = events.at(-2)?.data;
    expect(failed).toEqual({
      ...chat,
      status: 'failed',
      completed_at: null,
      failed_at: expect.toSatisfy((at) => Number.isInteger(at) && Math.abs(at - Date.now() / 1000) < 5),
      last_error: { code: expected.code, msg: expect.stringMatching(/\S/) },
      usage: expect.any(Object),
    });
    expect(await retrieve(coze, chat)).toEqual({ ...failed, failed_at: expect.any(Number) });
    // What was said can be read, and that is not the end of it.
    const messages = expected.said === '' ? [] : [{ type: 'answer', content: expected.said }];
    const listed = await messagesOf(coze, chat);
    expect(listed).toHaveLength(messages.length);
    expect(listed).toMatchObject(messages);
  },
);

test('the official client polls a failed chat to its end', async () => {
  provider.reply({ status: 500, error: { message: 'oops' } });
  const { chat, messages } = await coze.client.chat.createAndPoll({
    bot_id: botId('chat'),
    user_id: 'u1',
    additional_messages: [user('Hi') as never],
  });
  expect(chat).toMatchObject({
    status: 'failed',
    last_error: { code: 5000, msg: expect.stringMatching(/\S/) },
  });
  expect(messages).toEqual([]);
});

test('what could never run is refused before there is a chat', async () => {
  const broken = await startCoze({
    apps: {
      chat: chatApp({ model: { provider: 'nobody', name: 'm', mode: 'chat', completion_params: {} } }),
    },
    provider: provider.baseUrl,
  });
  const response = await broken.request('POST', '/v3/chat', {
    bot_id: botId('chat'),
    user_id: 'u1',
    additional_messages: [user('Hi')],
    stream: true,
  });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toMatch(/^application\/json/);
  expect(await response.json()).toMatchObject({ code: 4012, msg: expect.stringMatching(/\S/) });
  await broken.close();
});

test('one that takes too long has failed, and keeps what it said', async () => {
  const hasty = await startCoze({
    apps: { chat: chatApp() },
    provider: provider.baseUrl,
    config: { limits: { max_execution_time: '300ms' } },
  });
  provider.reply({ tokens: ['Half'], hold: 1 });
  const events = await (await streamChat(hasty, 'Hi')).rest();
  expect(namesOf(events)).toEqual([
    'chat.created',
    'chat.in_progress',
    'message.delta',
    'chat.failed',
    'done',
  ]);
  const failed = events.at(-2)?.data;
  expect(failed).toMatchObject({
    status: 'failed',
    last_error: { code: 5000, msg: expect.stringMatching(/longer/) },
  });
  expect(await retrieve(hasty, chatOf(events))).toEqual({ ...failed, failed_at: expect.any(Number) });
  expect(await messagesOf(hasty, chatOf(events))).toMatchObject([{ content: 'Half' }]);
  await hasty.close();
});

test('so has one that goes on when the server ends: its stream ends too', async () => {
  const leaving = await startCoze({
    apps: { chat: chatApp() },
    provider: provider.baseUrl,
    config: { limits: { drain_time: '50ms' } },
  });
  provider.reply({ tokens: ['Half'], hold: 1 });
  const reader = await streamChat(leaving, 'Hi');
  await reader.until('conversation.message.delta');
  const [events] = await Promise.all([reader.rest(), leaving.parley.restart()]);
  expect(namesOf(events)).toEqual(['chat.failed', 'done']);
  const failed = events[0]?.data as Wire;
  expect(failed).toMatchObject({
    status: 'failed',
    last_error: { code: 5000, msg: expect.stringMatching(/shut down/) },
  });
  expect(await retrieve(leaving, failed)).toEqual({ ...failed, failed_at: expect.any(Number) });
  await leaving.close();
});

test('after a failed chat the conversation goes on', async () => {
  provider.reply({ tokens: ['Half'], cutAfter: 1 });
  const { conversation_id } = await wholeChat(coze, 'first question');
  provider.reply({ tokens: ['whole'] });
  const second = await wholeChat(coze, 'second question', { conversation_id });
  expect(second).toMatchObject({ status: 'completed', conversation_id });
});
