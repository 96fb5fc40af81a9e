import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { chatApp } from '../support/parley/apps.ts';
import { startCoze, type TestCoze } from '../support/parley/coze.ts';
import {
  beginChat,
  cancel,
  codeOf,
  dataOf,
  messagesOf,
  namesOf,
  retrieve,
  streamChat,
  wholeChat,
} from './chats.ts';

let provider: MockProvider;
let coze: TestCoze;

beforeAll(async () => {
  provider = await startMockProvider();
  coze = await startCoze({
    apps: { chat: chatApp({ suggested_questions_after_answer: { enabled: true } }) },
    provider: provider.baseUrl,
    config: { coze: { cancel: 'interrupt' } },
  });
});
beforeEach(() => provider.reply({ gate: true }));
afterAll(async () => {
  await coze.close();
  await provider.close();
});

const open = () => provider.nextRequest((request) => !request.isOver);

test('the request to the model is closed at once, and the stream ends as canceled', async () => {
  const reader = await streamChat(coze, 'Hi');
  const chat = await reader.until('conversation.chat.created');
  const upstream = await open();
  upstream.send('One');
  await reader.until('conversation.message.delta');
  const canceled = await dataOf(cancel(coze, chat));
  expect(canceled.status).toBe('canceled');
  await upstream.aborted();
  const rest = await reader.rest();
  expect(namesOf(rest)).toEqual(['message.completed', 'message.completed', 'chat.completed', 'done']);
  expect(rest[0]?.data).toMatchObject({ type: 'answer', content: 'One' });
  expect(rest[1]?.data).toMatchObject({ type: 'verbose', content: expect.stringContaining('reason\\":1') });
  expect(rest[2]?.data).toMatchObject({
    status: 'canceled',
    last_error: { code: 0, msg: '' },
    failed_at: null,
  });
  // What was used by then is counted.
  const usage = rest[2]?.data.usage as { readonly output_count: number } | undefined;
  expect(usage?.output_count).toBeGreaterThan(0);
  expect(await retrieve(coze, chat)).toEqual({ ...rest[2]?.data, completed_at: expect.any(Number) });
  const listed = await messagesOf(coze, chat);
  expect(listed.map(({ id, content }) => [id, content])).toEqual(
    rest.slice(0, 2).map(({ data }) => [data.id, data.content]),
  );
});

test('before the first word: an empty answer that was interrupted', async () => {
  const reader = await streamChat(coze, 'Hi');
  const chat = await reader.until('conversation.chat.in_progress');
  const upstream = await open();
  await dataOf(cancel(coze, chat));
  await upstream.aborted();
  const rest = await reader.rest();
  expect(namesOf(rest)).toEqual(['message.completed', 'message.completed', 'chat.completed', 'done']);
  expect(rest[0]?.data).toMatchObject({ type: 'answer', content: '' });
  const listed = await messagesOf(coze, chat);
  expect(listed.map(({ id }) => id)).toEqual(rest.slice(0, 2).map(({ data }) => data.id));
});

test('one that is not streamed is closed too', async () => {
  const chat = await beginChat(coze, 'Hi');
  const upstream = await open();
  await dataOf(cancel(coze, chat));
  await upstream.aborted();
  expect((await retrieve(coze, chat)).status).toBe('canceled');
});

test('the next chat begins at once, and knows nothing of it', async () => {
  const chat = await beginChat(coze, 'Forget this');
  const upstream = await open();
  upstream.send('Forgotten');
  await dataOf(cancel(coze, chat));
  provider.reply({ tokens: ['ok'] });
  const { conversation_id } = chat;
  expect((await wholeChat(coze, 'What now?', { conversation_id })).status).toBe('completed');
  const asked = provider.requests
    .map(({ body }) => body?.messages)
    .filter((m) => m?.at(-1)?.content === 'What now?');
  expect(asked).toEqual([[{ role: 'user', content: 'What now?' }]]);
});

test('again: the same answer; one that had ended: 4104', async () => {
  const chat = await beginChat(coze, 'Hi');
  await open();
  const answers = await Promise.all([1, 2, 3].map(() => dataOf(cancel(coze, chat))));
  for (const { status } of answers) expect(status).toBe('canceled');
  provider.reply({ tokens: ['ok'] });
  expect(await codeOf(cancel(coze, await wholeChat(coze, 'Hi')))).toBe(4104);
});
