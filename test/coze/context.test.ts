import { afterAll, beforeAll, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { chatApp } from '../support/parley/apps.ts';
import { startCoze, type TestCoze } from '../support/parley/coze.ts';
import {
  assistant,
  beginChat,
  cancel,
  codeOf,
  dataOf,
  endOf,
  fail,
  messagesOf,
  sendChat,
  user,
  wholeChat,
} from './chats.ts';

let provider: MockProvider;
let coze: TestCoze;

beforeAll(async () => {
  provider = await startMockProvider();
  coze = await startCoze({
    apps: { chat: chatApp({ pre_prompt: 'Be kind.' }) },
    provider: provider.baseUrl,
  });
});
afterAll(async () => {
  await coze.close();
  await provider.close();
});

/** What the model was asked last: who said what. */
const asked = () =>
  provider.requests.at(-1)?.body?.messages?.map(({ role, content }) => `${role}: ${String(content)}`);
const nothing = { additional_messages: [] };

test('messages before the last come before the question, in their order and their roles', async () => {
  provider.reply({ tokens: ['fine'] });
  await wholeChat(coze, '', {
    additional_messages: [
      user('one'),
      { ...assistant('two'), type: 'answer' },
      { ...user('three'), type: 'question' },
      assistant('four'),
      assistant('five'),
      user('six'),
      user('seven'),
    ],
  });
  expect(asked()).toEqual([
    'system: Be kind.',
    ...['user: one', 'assistant: two', 'user: three', 'assistant: four', 'assistant: five', 'user: six'],
    'user: seven',
  ]);
});

test('they stand after what was said before, and are remembered where they stood', async () => {
  provider.reply({ tokens: ['A1'] });
  const { conversation_id } = await wholeChat(coze, 'Q1');
  provider.reply({ tokens: ['A2'] });
  const chat = await wholeChat(coze, '', {
    conversation_id,
    additional_messages: [user('c1'), assistant('c2'), user('Q2')],
  });
  expect(
    (await messagesOf(coze, chat)).map(({ type }) => type),
    'what it said itself',
  ).toEqual(['answer', 'verbose']);
  const second = ['system: Be kind.', 'user: Q1', 'assistant: A1', 'user: c1', 'assistant: c2', 'user: Q2'];
  expect(asked()).toEqual(second);
  provider.reply({ tokens: ['A3'] });
  await wholeChat(coze, '', { conversation_id, additional_messages: [assistant('c3'), user('Q3')] });
  const third = [...second, 'assistant: A2', 'assistant: c3', 'user: Q3'];
  expect(asked()).toEqual(third);
  await wholeChat(coze, 'Q4', { conversation_id });
  expect(asked()).toEqual([...third, 'assistant: A3', 'user: Q4']);
});

test('conversations know nothing of one another', async () => {
  provider.reply({ tokens: ['A1'] });
  await wholeChat(coze, 'Q1');
  await wholeChat(coze, 'Q2');
  expect(asked()).toEqual(['system: Be kind.', 'user: Q2']);
});

test('a conversation goes on under another user_id: some SDKs invent one for each request', async () => {
  provider.reply({ tokens: ['A1'] });
  const { conversation_id } = await wholeChat(coze, 'Q1', { user_id: '1200391250992.6902' });
  await wholeChat(coze, 'Q2', { user_id: '77.1', conversation_id });
  expect(asked()).toEqual(['system: Be kind.', 'user: Q1', 'assistant: A1', 'user: Q2']);
});

test('what came with a canceled chat is no context, no more than the chat itself', async () => {
  provider.reply({ tokens: ['A1'] });
  const { conversation_id } = await wholeChat(coze, 'Q1');
  provider.reply({ gate: true });
  const chat = await beginChat(coze, '', {
    conversation_id,
    additional_messages: [user('c1'), assistant('c2'), user('Q2')],
  });
  await dataOf(cancel(coze, chat));
  const upstream = await provider.nextRequest((request) => !request.isOver);
  upstream.send('A2');
  upstream.finish();
  await upstream.ended();
  provider.reply({ tokens: ['A3'] });
  await wholeChat(coze, 'Q3', { conversation_id });
  expect(asked()).toEqual(['system: Be kind.', 'user: Q1', 'assistant: A1', 'user: Q3']);
});

test('without messages the last one of the conversation is asked again, when it was not answered', async () => {
  provider.reply({ tokens: ['A1'] });
  const { conversation_id } = await wholeChat(coze, 'Q1');
  provider.reply({ status: 400, error: { message: 'no' } });
  expect((await wholeChat(coze, 'Q2', { conversation_id })).status).toBe('failed');
  provider.reply({ tokens: ['A2'] });
  for (const additional_messages of [[], null, undefined]) {
    const again = await sendChat(coze, '', { conversation_id, additional_messages });
    if (additional_messages?.length === 0) expect(await endOf(coze, await dataOf(again))).toBeTruthy();
    else expect(await codeOf(again), 'the last message is the answer now').toBe(4000);
  }
  expect(asked()).toEqual(['system: Be kind.', 'user: Q1', 'assistant: A1', 'user: Q2']);
  // It is asked once: the question does not stand there twice.
  await wholeChat(coze, 'Q3', { conversation_id });
  expect(asked()?.filter((said) => said === 'user: Q2')).toHaveLength(1);
});

test('without messages nothing is asked where the last message is an answer, or where there is none', async () => {
  provider.reply({ tokens: ['A1'] });
  const { conversation_id } = await wholeChat(coze, 'Q1');
  expect(await codeOf(sendChat(coze, '', { ...nothing, conversation_id }))).toBe(4000);
  expect(await codeOf(sendChat(coze, '', nothing))).toBe(4000);
  expect(await codeOf(sendChat(coze, '', { ...nothing, stream: true }))).toBe(4000);
});

test('the question of a canceled chat is not asked again', async () => {
  provider.reply({ gate: true });
  const chat = await beginChat(coze, 'Q1');
  await dataOf(cancel(coze, chat));
  const { conversation_id } = chat;
  expect(await codeOf(sendChat(coze, '', { ...nothing, conversation_id })), 'while it goes on').toBe(4000);
  const upstream = await provider.nextRequest((request) => !request.isOver);
  fail(upstream);
  await upstream.ended();
  expect(await codeOf(sendChat(coze, '', { ...nothing, conversation_id })), 'and later').toBe(4000);
});
