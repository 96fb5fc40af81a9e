import { afterAll, beforeAll, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { chatApp } from '../support/parley/apps.ts';
import { startCoze, type TestCoze } from '../support/parley/coze.ts';
import { chatOf, deltasOf, messagesOf, streamChat, wholeChat } from './chats.ts';

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

const say = async () => (await streamChat(coze, 'Hi')).rest();

test('a model that reasons: pieces with empty content first, both whole in the message', async () => {
  provider.reply({ reasoning: ['Let me', ' think.'], tokens: ['It is', ' 42.'] });
  const events = await say();
  const deltas = events.filter(({ event }) => event === 'conversation.message.delta');
  expect(deltas.map(({ data: { content, reasoning_content } }) => ({ content, reasoning_content }))).toEqual([
    { content: '', reasoning_content: 'Let me' },
    { content: '', reasoning_content: ' think.' },
    { content: 'It is', reasoning_content: undefined },
    { content: ' 42.', reasoning_content: undefined },
  ]);
  const answer = { type: 'answer', content: 'It is 42.', reasoning_content: 'Let me think.' };
  const completed = events.filter(({ event }) => event === 'conversation.message.completed');
  expect(completed.map(({ data }) => data)).toMatchObject([answer, { type: 'verbose' }]);
  expect(await messagesOf(coze, chatOf(events))).toMatchObject([answer, { type: 'verbose' }]);
  expect(JSON.stringify(events)).not.toMatch(/think>/);
});

test.each([
  ['whole', ['<think>\nHm.\n</think>\n\nSo it is.']],
  ['in pieces', ['<th', 'ink>\nH', 'm', '.\n</', 'think>', '\n\n', 'So', ' it is.']],
  ['one character at a time', [...'<think>\nHm.\n</think>\n\nSo it is.']],
])('a model that writes the tags itself, %s', async (_, tokens) => {
  provider.reply({ tokens });
  const events = await say();
  expect(deltasOf(events)).toEqual({ content: 'So it is.', reasoning: 'Hm.' });
  const [answer] = await messagesOf(coze, chatOf(events));
  expect(answer).toMatchObject({ content: 'So it is.', reasoning_content: 'Hm.' });
  expect(JSON.stringify(events)).not.toMatch(/think>/);
});

test('a model that only reasons: an answer of nothing, with its reasoning', async () => {
  provider.reply({ reasoning: ['Hm.'], tokens: [] });
  const events = await say();
  expect(deltasOf(events)).toEqual({ content: '', reasoning: 'Hm.' });
  expect(await messagesOf(coze, chatOf(events))).toMatchObject([
    { type: 'answer', content: '', reasoning_content: 'Hm.' },
    { type: 'verbose' },
  ]);
});

test('less-than signs are no tags: nothing of them is lost, at the end neither', async () => {
  provider.reply({ tokens: ['a <', 'b> c <', 't d <thin', 'k'] });
  const events = await say();
  expect(deltasOf(events)).toEqual({ content: 'a <b> c <t d <think', reasoning: '' });
  const [answer] = await messagesOf(coze, chatOf(events));
  expect(answer?.content).toBe('a <b> c <t d <think');
  expect(answer).not.toHaveProperty('reasoning_content');
});

test('reasoning is no context of the next chat', async () => {
  provider.reply({ reasoning: ['secret thought'], tokens: ['open word'] });
  const { conversation_id } = await wholeChat(coze, 'Hi');
  provider.reply({ tokens: ['ok'] });
  await wholeChat(coze, 'And?', { conversation_id });
  const asked = JSON.stringify(provider.requests.at(-1)?.body?.messages);
  expect(asked).toContain('open word');
  expect(asked).not.toContain('secret thought');
});
