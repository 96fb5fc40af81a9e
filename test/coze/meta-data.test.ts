import { afterAll, beforeAll, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { chatApp } from '../support/parley/apps.ts';
import { startCoze, type TestCoze } from '../support/parley/coze.ts';
import {
  beginChat,
  codeOf,
  endOf,
  messagesOf,
  retrieve,
  sendChat,
  streamChat,
  user,
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

const pairs = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, 'v']));

test('comes back from every answer about the chat, and is of that chat alone', async () => {
  provider.reply({ hold: 0 });
  const meta_data = { customKey1: 'customValue1', ключ: '值 "\\' };
  const chat = await beginChat(coze, 'Hi', { meta_data });
  expect(chat.meta_data).toEqual(meta_data);
  expect((await retrieve(coze, chat)).meta_data).toEqual(meta_data);
  (await provider.nextRequest((request) => !request.isOver)).release();
  expect((await endOf(coze, chat)).meta_data).toEqual(meta_data);
  for (const message of await messagesOf(coze, chat)) expect(message.meta_data).toEqual({});
  provider.reply();
  const next = await wholeChat(coze, 'Hi', { conversation_id: chat.conversation_id });
  expect(next.meta_data).toEqual({});
});

test('comes with every chat event of a stream', async () => {
  const events = await (await streamChat(coze, 'Hi', { meta_data: { a: 'b' } })).rest();
  const chats = events.filter(({ event }) => event.startsWith('conversation.chat.'));
  expect(chats.map(({ data }) => data.meta_data)).toEqual([{ a: 'b' }, { a: 'b' }, { a: 'b' }]);
});

test.each([
  ['absent', undefined],
  ['null', null],
  ['empty', {}],
  ['of 16 pairs', pairs(16)],
  ['with the longest key', { ['k'.repeat(64)]: 'v' }],
  ['with the longest value', { k: 'v'.repeat(512) }],
  ['whose characters are longer than their code units', { ['👍'.repeat(64)]: '👍'.repeat(512) }],
])('%s is taken', async (_, meta_data) => {
  const chat = await beginChat(coze, 'Hi', { meta_data });
  expect(chat.meta_data).toEqual(meta_data ?? {});
  expect((await endOf(coze, chat)).meta_data).toEqual(meta_data ?? {});
});

const tooMuch: readonly (readonly [string, object])[] = [
  ['of 17 pairs', pairs(17)],
  ['with a key of 65 characters', { ['k'.repeat(65)]: 'v' }],
  ['with an empty key', { '': 'v' }],
  ['with a value of 513 characters', { k: 'v'.repeat(513) }],
  ['with an empty value', { k: '' }],
  ['with a value of 513 long characters', { k: '👍'.repeat(513) }],
];

test.each(tooMuch)('%s is 4003, for the chat and for a message of it', async (_, meta_data) => {
  const asked = provider.requests.length;
  expect(await codeOf(sendChat(coze, 'Hi', { meta_data }))).toBe(4003);
  expect(await codeOf(sendChat(coze, 'Hi', { meta_data, stream: true }))).toBe(4003);
  const additional_messages = [{ ...user('Hi'), meta_data }];
  expect(await codeOf(sendChat(coze, 'Hi', { additional_messages }))).toBe(4003);
  expect(provider.requests).toHaveLength(asked);
});

test.each([
  ['a list', ['a']],
  ['a number', { k: 1 }],
  ['an object', { k: {} }],
  ['a text', 'k=v'],
])('%s is 4000', async (_, meta_data) => {
  expect(await codeOf(sendChat(coze, 'Hi', { meta_data }))).toBe(4000);
});
