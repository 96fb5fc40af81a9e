import type { StreamChatData } from '@coze/api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { chatApp } from '../support/parley/apps.ts';
import { startCoze, type TestCoze } from '../support/parley/coze.ts';
import { botId, chatOf, messagesOf, namesOf, retrieve, streamChat, type Wire } from './chats.ts';

/** An app that speaks as it answers; not here, where a voice is asked for in other ways. */
const spoken = { enabled: true, voice: 'nova', language: 'en-US', autoPlay: 'enabled' };

let provider: MockProvider;
let coze: TestCoze;

beforeAll(async () => {
  provider = await startMockProvider({ reply: { tokens: ['Hel', 'lo'] } });
  coze = await startCoze({ apps: { chat: chatApp({ text_to_speech: spoken }) }, provider: provider.baseUrl });
});
afterAll(async () => {
  expect(JSON.stringify(provider.requests), 'Coze finds no titles').not.toContain('short title');
  expect(provider.requests.map(({ path }) => path).filter((path) => /speech/.test(path))).toEqual([]);
  await coze.close();
  await provider.close();
});

const FINISHED =
  '{"msg_type":"generate_answer_finish","data":"{\\"finish_reason\\":0,\\"FinData\\":\\"\\"}","from_module":null,"from_unit":null}';

/** Whole seconds. What was told and what was stored may lie on two sides of a second's end. */
const aboutNow = () =>
  expect.toSatisfy((at) => Number.isInteger(at) && Math.abs(at - Date.now() / 1000) < 5, 'seconds of now');

test('the official client gets the events of Coze in their order, each with all its fields', async () => {
  const events: StreamChatData[] = [];
  for await (const event of coze.client.chat.stream({
    bot_id: botId('chat'),
    user_id: 'u1',
    additional_messages: [{ role: 'user' as never, content: 'Hi', content_type: 'text' }],
    meta_data: { order: '7' },
  }))
    events.push(event);
  const [first] = events as unknown as { data: Wire }[];
  const chat = first?.data as Wire;
  const { id, conversation_id, created_at } = chat;
  expect(created_at).toEqual(aboutNow());

  const created = {
    id,
    conversation_id,
    bot_id: botId('chat'),
    status: 'created',
    created_at,
    completed_at: null,
    failed_at: null,
    meta_data: { order: '7' },
    last_error: { code: 0, msg: '' },
    section_id: conversation_id,
    required_action: { type: '', submit_tool_outputs: { tool_calls: [] } },
    usage: { token_count: 0, output_count: 0, input_count: 0 },
  };
  const message = {
    id: expect.any(String),
    conversation_id,
    bot_id: botId('chat'),
    chat_id: id,
    section_id: conversation_id,
    role: 'assistant',
    content_type: 'text',
  };
  const complete = {
    ...message,
    created_at: aboutNow(),
    updated_at: aboutNow(),
    meta_data: {},
  };
  expect(events).toEqual([
    { event: 'conversation.chat.created', data: created },
    { event: 'conversation.chat.in_progress', data: { ...created, status: 'in_progress' } },
    { event: 'conversation.message.delta', data: { ...message, type: 'answer', content: 'Hel' } },
    { event: 'conversation.message.delta', data: { ...message, type: 'answer', content: 'lo' } },
    { event: 'conversation.message.completed', data: { ...complete, type: 'answer', content: 'Hello' } },
    { event: 'conversation.message.completed', data: { ...complete, type: 'verbose', content: FINISHED } },
    {
      event: 'conversation.chat.completed',
      data: {
        ...created,
        status: 'completed',
        completed_at: aboutNow(),
        usage: { token_count: 12, output_count: 2, input_count: 10 },
      },
    },
    { event: 'done', data: '[DONE]' },
  ]);
});

test('ids are decimal strings that fit 64 bits with a sign, and none names two things', async () => {
  const events = await (await streamChat(coze, 'Hi')).rest();
  const named = events.slice(0, -1).map(({ data }) => data);
  for (const data of named) {
    for (const name of ['id', 'conversation_id', 'bot_id', 'section_id', 'chat_id']) {
      if (data[name] === undefined) continue;
      expect(data[name], name).toMatch(/^[1-9]\d{0,18}$/);
      expect(BigInt(String(data[name])) < 2n ** 63n).toBe(true);
    }
  }
  const [{ id: chat, conversation_id, bot_id }] = named as [Wire];
  const answers = new Set(named.filter(({ type }) => type === 'answer').map(({ id }) => id));
  const [verbose] = named.filter(({ type }) => type === 'verbose').map(({ id }) => id);
  expect(answers.size).toBe(1);
  expect(new Set([chat, conversation_id, bot_id, verbose, ...answers]).size).toBe(5);
});

test('what was streamed is what can be read afterwards', async () => {
  const events = await (await streamChat(coze, 'Hi', { meta_data: { a: 'b' } })).rest();
  const end = events.at(-2)?.data as Wire;
  expect(end.status).toBe('completed');
  expect(await retrieve(coze, end)).toEqual({ ...end, completed_at: aboutNow() });
  const completed = events.filter(({ event }) => event === 'conversation.message.completed');
  expect(await messagesOf(coze, end)).toEqual(
    completed.map(({ data }) => ({ ...data, created_at: aboutNow(), updated_at: aboutNow() })),
  );
});

test('ids grow with time, within a chat and from one to the next', async () => {
  const first = await (await streamChat(coze, 'Hi')).rest();
  const { conversation_id } = chatOf(first);
  const second = await (await streamChat(coze, 'Hi', { conversation_id })).rest();
  const ids = [...first, ...second]
    .filter(({ event }) => /chat.created|message.completed/.test(event))
    .map(({ data }) => BigInt(data.id));
  expect(ids).toHaveLength(6);
  expect(ids).toEqual([...ids].sort((a, b) => (a < b ? -1 : 1)));
  expect(second[0]?.data.conversation_id).toBe(conversation_id);
});

test('usage is the provider’s own, and an estimate where it tells none', async () => {
  const usageOf = async () =>
    (await (await streamChat(coze, 'Hi')).until('conversation.chat.completed')).usage;
  provider.reply({ tokens: ['a'], usage: { prompt_tokens: 91, completion_tokens: 24 } });
  expect(await usageOf()).toEqual({ token_count: 115, output_count: 24, input_count: 91 });
  provider.reply({ tokens: ['some words', ' and more'], usage: null });
  const estimated = (await usageOf()) as Record<string, number>;
  expect(estimated.output_count).toBeGreaterThan(0);
  expect(estimated.input_count).toBeGreaterThan(0);
  expect(estimated.token_count).toBe(Number(estimated.input_count) + Number(estimated.output_count));
});

test.each([
  ['no piece', []],
  ['empty pieces', ['', '']],
])('an answer of %s is complete too, and is listed', async (_, tokens) => {
  provider.reply({ tokens });
  const events = await (await streamChat(coze, 'Hi')).rest();
  expect(namesOf(events)).toEqual([
    ...['chat.created', 'chat.in_progress', 'message.completed', 'message.completed'],
    ...['chat.completed', 'done'],
  ]);
  const messages = events.slice(2, 4).map(({ data }) => data);
  expect(messages).toMatchObject([{ type: 'answer', content: '' }, { type: 'verbose' }]);
  const listed = await messagesOf(coze, chatOf(events));
  expect(listed.map(({ id, content }) => ({ id, content }))).toEqual(
    messages.map(({ id, content }) => ({ id, content })),
  );
});
