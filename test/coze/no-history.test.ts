import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Store } from '../../src/store/open-store.ts';
import type { Database } from '../../src/store/schema.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { chatApp } from '../support/parley/apps.ts';
import { startCoze, type TestCoze } from '../support/parley/coze.ts';
import { openTestStore } from '../support/parley/open-test-store.ts';
import {
  assistant,
  type ChatRequest,
  cancel,
  chatOf,
  codeOf,
  dataOf,
  namesOf,
  sendChat,
  streamChat,
  user,
  wholeChat,
} from './chats.ts';

const unsaved = { auto_save_history: false };

let provider: MockProvider;
let coze: TestCoze;
let store: Store;

beforeAll(async () => {
  provider = await startMockProvider();
  coze = await startCoze({
    apps: {
      chat: chatApp({
        pre_prompt: 'About {{topic}}',
        opening_statement: 'Welcome to {{topic}}',
        user_input_form: [{ 'text-input': { label: 'Topic', variable: 'topic', required: false } }],
        suggested_questions_after_answer: { enabled: true },
      }),
    },
    provider: provider.baseUrl,
  });
  store = await openTestStore(coze.parley);
});
afterAll(async () => {
  await store.destroy();
  await coze.close();
  await provider.close();
});

const TABLES = ['conversations', 'messages', 'conversation_items', 'runs', 'message_files'] as const;

/** Everything that lies in the database, as one text. */
async function everything(): Promise<string> {
  const tables: readonly (keyof Database)[] = [...TABLES, 'end_users', 'user_variables'];
  return JSON.stringify(
    await Promise.all(tables.map((table) => sql`select * from ${sql.table(table)}`.execute(store))),
  );
}

test('nothing of the chat is stored: neither words nor numbers', async () => {
  provider.reply({ reasoning: ['a canary thought'], tokens: ['a canary', ' answer'] });
  const events = await (
    await streamChat(coze, 'a canary question', {
      ...unsaved,
      additional_messages: [user('a canary before'), assistant('a canary reply'), user('a canary question')],
      meta_data: { canary: 'canary' },
      custom_variables: { topic: 'canary' },
    })
  ).rest();
  expect(namesOf(events).at(-2)).toBe('chat.completed');
  expect(JSON.stringify(events)).toContain('a canary');
  expect(await everything()).not.toContain('canary');
  for (const table of ['messages', 'conversation_items', 'runs'] as const)
    expect(await store.selectFrom(table).selectAll().execute()).toEqual([]);
});

test('nor is it written to disk while it goes on', async () => {
  provider.reply(({ body }) => (JSON.stringify(body).includes('predict') ? {} : { gate: true }));
  const going = async (more: ChatRequest) => {
    const reader = await streamChat(coze, 'Hi', more);
    const upstream = await provider.nextRequest((request) => !request.isOver);
    upstream.send('a canary word');
    await reader.until('conversation.message.delta');
    const folder = join(coze.parley.dataDir, 'journal');
    const written = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
    upstream.finish();
    await reader.until('done');
    return written.join();
  };
  expect(await going(unsaved)).not.toContain('canary');
  expect(await going({})).toContain('canary');
});

test('its stream is as any other: ids, usage, pairs, follow-ups', async () => {
  provider.reply((request) =>
    JSON.stringify(request.body).includes('predict') ? { tokens: ['["What else?"]'] } : { tokens: ['Yes.'] },
  );
  const events = await (await streamChat(coze, 'Hi', { ...unsaved, meta_data: { a: 'b' } })).rest();
  expect(namesOf(events)).toEqual([
    ...['chat.created', 'chat.in_progress', 'message.delta'],
    ...['message.completed', 'message.completed', 'message.completed', 'chat.completed', 'done'],
  ]);
  expect(events.at(-2)?.data).toMatchObject({
    status: 'completed',
    meta_data: { a: 'b' },
    usage: { token_count: 11, output_count: 1, input_count: 10 },
  });
  expect(events.at(-3)?.data).toMatchObject({ type: 'follow_up', content: 'What else?' });
});

test('a failed one ends as any other', async () => {
  provider.reply({ status: 400, error: { message: 'no' } });
  const events = await (await streamChat(coze, 'Hi', unsaved)).rest();
  expect(namesOf(events)).toEqual(['chat.created', 'chat.in_progress', 'chat.failed', 'done']);
});

test('it is not found again: 4001, while it runs and afterwards', async () => {
  provider.reply({ gate: true });
  const reader = await streamChat(coze, 'Hi', unsaved);
  const { id, conversation_id } = await reader.until('conversation.chat.created');
  const query = `?conversation_id=${conversation_id}&chat_id=${id}`;
  const ask = () =>
    Promise.all([
      codeOf(coze.request('GET', `/v3/chat/retrieve${query}`)),
      codeOf(coze.request('GET', `/v3/chat/message/list${query}`)),
    ]);
  expect(await ask()).toEqual([4001, 4001]);
  (await provider.nextRequest((request) => !request.isOver)).finish();
  await reader.rest();
  expect(await ask()).toEqual([4001, 4001]);
  expect(await codeOf(cancel(coze, { id, conversation_id }))).toBe(4001);
});

test('canceled, it frees its conversation at once, and its stream goes on', async () => {
  provider.reply({ gate: true });
  const reader = await streamChat(coze, 'Hi', unsaved);
  const chat = await reader.until('conversation.chat.created');
  const { conversation_id } = chat;
  const upstream = await provider.nextRequest((request) => !request.isOver);
  expect(await codeOf(sendChat(coze, 'Too soon', { conversation_id }))).toBe(4016);
  const answer = await dataOf(cancel(coze, chat));
  expect(answer).toMatchObject({ ...chat, status: 'canceled', completed_at: expect.any(Number) });
  expect(await dataOf(cancel(coze, chat)).catch((error: Error) => error.message)).toMatch(/^4001/);
  provider.reply({ tokens: ['ok'] });
  await wholeChat(coze, 'Next', { conversation_id });
  upstream.send('to the end');
  upstream.finish();
  const events = await reader.rest();
  expect(namesOf(events).slice(-2)).toEqual(['chat.completed', 'done']);
  expect(events.at(-2)?.data).toMatchObject({ status: 'canceled', completed_at: answer.completed_at });
});

test('it hears of its conversation, and is no context of what follows', async () => {
  provider.reply({ tokens: ['Kept.'] });
  const { conversation_id } = await wholeChat(coze, 'Keep this');
  provider.reply({ tokens: ['Unkept.'] });
  await (await streamChat(coze, 'Forget this', { ...unsaved, conversation_id })).rest();
  const asked = () =>
    provider.requests.findLast(({ body }) => !JSON.stringify(body).includes('predict'))?.body?.messages;
  const kept = [
    { role: 'user', content: 'Keep this' },
    { role: 'assistant', content: 'Kept.' },
  ];
  expect(asked()?.slice(-3)).toEqual([...kept, { role: 'user', content: 'Forget this' }]);
  await wholeChat(coze, 'And now', { conversation_id });
  expect(asked()?.slice(-3)).toEqual([...kept, { role: 'user', content: 'And now' }]);
});

test('its conversation goes on with chats that are kept', async () => {
  provider.reply({ tokens: ['ok'] });
  const { conversation_id } = chatOf(await (await streamChat(coze, 'Hi', unsaved)).rest());
  expect(await wholeChat(coze, 'Hi', { conversation_id })).toMatchObject({
    status: 'completed',
    conversation_id,
  });
});

test('a history that is not kept may hold what tools said', async () => {
  provider.reply({ tokens: ['ok'] });
  const tool = { ...assistant('{"content_type":1}'), type: 'tool_response' };
  const additional_messages = [user('Hi'), tool, user('So?')];
  const events = await (await streamChat(coze, 'Hi', { ...unsaved, additional_messages })).rest();
  expect(namesOf(events).at(-2)).toBe('chat.completed');
});

test('a message that waits in the conversation is told once, when it is the query', async () => {
  provider.reply({ tokens: ['ok'] });
  const { id } = await dataOf(
    coze.request('POST', '/v1/conversation/create', { messages: [user('Waiting')] }),
  );
  const more = { ...unsaved, conversation_id: id, additional_messages: [] };
  await (await streamChat(coze, '', more)).rest();
  const asked = provider.requests.findLast(({ body }) => !JSON.stringify(body).includes('predict'));
  const told = asked?.body?.messages?.filter(({ role }) => role === 'user');
  expect(told).toEqual([{ role: 'user', content: 'Waiting' }]);
});
