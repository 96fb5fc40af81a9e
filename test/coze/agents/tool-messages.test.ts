import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../../support/mock-provider/start-mock-provider.ts';
import { agentApp } from '../../support/parley/apps.ts';
import { readFrames, startCoze, type TestCoze } from '../../support/parley/coze.ts';
import {
  botId,
  type ChatEvent,
  chatOf,
  deltasOf,
  messagesOf,
  namesOf,
  sendChat,
  streamChat,
  user,
  type Wire,
  wholeChat,
} from '../chats.ts';
import { rounds, weekday, weekdayCall } from './device.ts';

let provider: MockProvider;
let coze: TestCoze;

beforeAll(async () => {
  provider = await startMockProvider();
  coze = await startCoze({
    apps: { agent: agentApp([weekday], { agent: { max_iteration: 3 } }) },
    provider: provider.baseUrl,
  });
});
afterAll(async () => {
  await coze.close();
  await provider.close();
});

const stream = async (text: string) => (await streamChat(coze, text, { app: 'agent' })).rest();

/** Messages that a stream told as complete. */
const completed = (events: readonly ChatEvent[]): Wire[] =>
  events.filter(({ event }) => event === 'conversation.message.completed').map(({ data }) => data);

const typesOf = (messages: readonly Wire[]) => messages.map(({ type }) => type);
const contentOf = ({ content }: Wire) => JSON.parse(String(content)) as Record<string, unknown>;

const other = { ...weekdayCall, id: 'other', arguments: '{"year": 2024, "month": 1, "day": 6}' };

describe('rounds with text before, between and after them', () => {
  let events: ChatEvent[];
  let messages: Wire[];
  beforeAll(async () => {
    provider.reply(
      rounds(
        { tokens: ['Let me', ' look.'], toolCalls: [weekdayCall, other] },
        { tokens: ['Once more.'], toolCalls: [{ ...weekdayCall, id: 'third' }] },
        { tokens: ['A Friday', ' and a Saturday.'] },
      ),
    );
    events = await stream('Which days?');
    messages = completed(events);
  });

  test('calls and then their responses, once each and in the order of work, before the answer is complete', () => {
    expect(namesOf(events)).toEqual([
      ...['chat.created', 'chat.in_progress', 'message.delta', 'message.delta'],
      ...Array(4).fill('message.completed'),
      ...['message.delta', 'message.delta'],
      ...Array(2).fill('message.completed'),
      ...['message.delta', 'message.delta', 'message.delta'],
      ...['message.completed', 'message.completed', 'chat.completed', 'done'],
    ]);
    expect(typesOf(messages)).toEqual([
      ...['function_call', 'function_call', 'tool_response', 'tool_response'],
      ...['function_call', 'tool_response', 'answer', 'verbose'],
    ]);
    const [call, second, response, secondResponse] = messages;
    expect(call).toMatchObject({ role: 'assistant', content_type: 'text', meta_data: {} });
    expect([contentOf(call as Wire).arguments, contentOf(second as Wire).arguments]).toEqual([
      { year: 2024, month: 1, day: 5 },
      { year: 2024, month: 1, day: 6 },
    ]);
    expect([response?.content, secondResponse?.content]).toEqual([
      'January 5, 2024 is Friday.',
      'January 6, 2024 is Saturday.',
    ]);
  });

  test('a call is JSON in a text: names, arguments, and ids of plugin and API as numbers with all their digits', async () => {
    const [call] = messages as [Wire];
    expect(contentOf(call)).toEqual({
      name: 'time-weekday',
      arguments: { year: 2024, month: 1, day: 5 },
      plugin_id: expect.any(Number),
      plugin_name: 'time',
      api_id: expect.any(Number),
      api_name: 'weekday',
      plugin_type: 1,
      thought: 'Let me look.',
    });
    const { plugin_info_list } = (await coze.client.bots.retrieveNew(botId('agent'))) as unknown as {
      plugin_info_list: { plugin_id: string; api_info_list: { api_id: string }[] }[];
    };
    const [plugin] = plugin_info_list;
    const numberOf = (name: string) => new RegExp(`"${name}":(\\d+),`).exec(String(call.content))?.[1];
    expect(numberOf('plugin_id')).toMatch(/^\d{15,19}$/);
    expect(numberOf('plugin_id')).toBe(plugin?.plugin_id);
    expect(numberOf('api_id')).toBe(plugin?.api_info_list[0]?.api_id);
  });

  test('ids are decimal strings, each message’s own', () => {
    const { id, conversation_id } = chatOf(events);
    const ids = [id, conversation_id, ...messages.map((message) => message.id)];
    for (const one of ids) expect(one).toMatch(/^\d{19}$/);
    expect(new Set(ids).size).toBe(ids.length);
    for (const message of messages)
      expect(message).toMatchObject({
        chat_id: id,
        conversation_id,
        bot_id: botId('agent'),
        section_id: conversation_id,
        created_at: expect.any(Number),
        updated_at: expect.any(Number),
      });
  });

  test('all text is one answer, a line for each round, and its pieces are the whole', () => {
    const answer = messages.find(({ type }) => type === 'answer');
    expect(answer?.content).toBe('Let me look.\nOnce more.\nA Friday and a Saturday.');
    expect(deltasOf(events).content).toBe(answer?.content);
    const deltas = events.filter(({ event }) => event === 'conversation.message.delta');
    expect(new Set(deltas.map(({ data }) => data.id))).toEqual(new Set([answer?.id]));
  });

  test('the chat’s list has what the stream told; the conversation’s has the question and the answer', async () => {
    const chat = chatOf(events);
    const untimed = (list: readonly Wire[]) => list.map(({ created_at, updated_at, ...message }) => message);
    const listed = await messagesOf(coze, chat);
    expect(untimed(listed)).toEqual(untimed(messages));
    expect(await coze.client.chat.messages.list(chat.conversation_id, chat.id)).toEqual(listed);
    const { data } = await coze.client.conversations.messages.list(chat.conversation_id, { order: 'asc' });
    expect(data.map(({ type }) => type)).toEqual(['question', 'answer']);
    const { data: ofChat } = await coze.client.conversations.messages.list(chat.conversation_id, {
      chat_id: chat.id,
    });
    expect(ofChat.map(({ type }) => type)).toEqual(['answer', 'question']);
  });

  test('usage is that of all rounds', () => {
    expect(events.at(-2)?.data.usage).toEqual({ token_count: 35, output_count: 5, input_count: 30 });
  });

  test('the next chat’s model is told of the work', async () => {
    const { conversation_id } = chatOf(events);
    provider.reply({ tokens: ['Fine.'] });
    await wholeChat(coze, 'Thanks', { app: 'agent', conversation_id });
    expect(provider.requests.at(-1)?.messages.map(({ role }) => role)).toEqual([
      ...['user', 'assistant', 'tool', 'tool', 'assistant', 'tool', 'assistant', 'user'],
    ]);
  });
});

test('to the byte: each frame is two lines, whatever stands in arguments and results', async () => {
  const word = 'a"b\\c\u2028\u2029\u0085\n日本🎉';
  provider.reply(
    rounds(
      { toolCalls: [{ name: 'weekday', arguments: JSON.stringify({ year: word }) }] },
      { tokens: [word] },
    ),
  );
  const body = await (await sendChat(coze, word, { app: 'agent', stream: true })).text();
  for (const separator of ['\u2028', '\u2029', '\u0085']) expect(body).not.toContain(separator);
  const frames = readFrames(body);
  const messages = frames
    .filter(({ event }) => event === 'conversation.message.completed')
    .map(({ data }) => JSON.parse(data) as Wire);
  expect(typesOf(messages)).toEqual(['function_call', 'tool_response', 'answer', 'verbose']);
  expect(contentOf(messages[0] as Wire).arguments).toEqual({ year: word });
  expect(messages[1]?.content).toMatch(/^tool parameters validation error: /);
  expect(messages[2]?.content).toBe(word);
});

test('numbers of more digits than JavaScript’s keep them', async () => {
  const digits = '7382159487131697202';
  provider.reply(
    rounds({ toolCalls: [{ name: 'weekday', arguments: ` {"year": ${digits}} ` }] }, { tokens: ['So.'] }),
  );
  const [call] = completed(await stream('Big'));
  expect(call?.content).toContain(`"arguments":{"year": ${digits}},`);
});

test.each([
  [
    'malformed arguments, shown as text',
    { name: 'weekday', arguments: '{"year":' },
    '{"year":',
    'time-weekday',
  ],
  ['no arguments', { name: 'weekday', arguments: '' }, {}, 'time-weekday'],
  ['a tool that there is none of', { name: 'fly', arguments: '{"to":"Rome"}' }, { to: 'Rome' }, 'fly'],
])('a failure is a response like any other: %s', async (_, call, shown, name) => {
  provider.reply(rounds({ toolCalls: [call] }, { tokens: ['Sorry.'] }));
  const events = await stream('Try');
  const [first, second, answer] = completed(events) as [Wire, Wire, Wire];
  expect(contentOf(first)).toMatchObject({ name, arguments: shown });
  expect(second.type).toBe('tool_response');
  expect(second.content).toMatch(/tool parameters validation error|there is not a tool named fly/);
  expect(provider.requests.at(-1)?.messages.at(-1)).toMatchObject({ role: 'tool', content: second.content });
  expect(answer.content).toBe('Sorry.');
  expect(events.at(-2)?.data.status).toBe('completed');
});

test('without text there is no delta before the answer; reasoning is told apart from it', async () => {
  provider.reply(
    rounds(
      { reasoning: ['Which', ' day?'], toolCalls: [weekdayCall] },
      { reasoning: ['Friday.'], tokens: ['It is Friday.'] },
    ),
  );
  const events = await stream('Day?');
  const { content, reasoning } = deltasOf(events);
  expect([content.trim(), reasoning]).toEqual(['It is Friday.', 'Which day?\nFriday.']);
  const answer = completed(events).find(({ type }) => type === 'answer');
  expect(answer).toMatchObject({ content, reasoning_content: reasoning });
  expect(events.find(({ data }) => data.type === 'answer')?.data.reasoning_content).toBe('Which');
});

test('a chat that ends in too many rounds has failed; what was done can be read', async () => {
  provider.reply({ tokens: ['Again.'], toolCalls: [weekdayCall] });
  const events = await stream('For ever');
  expect(namesOf(events).slice(-3)).toEqual(['message.completed', 'chat.failed', 'done']);
  expect(events.at(-2)?.data.last_error).toMatchObject({
    msg: expect.stringMatching(/iteration limit of 3/),
  });
  const told = completed(events);
  const last = 'function_call';
  expect(typesOf(told)).toEqual([...Array(3).fill(['function_call', 'tool_response']).flat(), last]);
  const listed = await messagesOf(coze, chatOf(events));
  expect(typesOf(listed)).toEqual([...typesOf(told), 'answer']);
  expect(new Set(listed.map(({ id }) => id)).size).toBe(listed.length);
});

test('128 calls in one round: each call and each response has an id of its own', async () => {
  const toolCalls = Array.from({ length: 128 }, (_, n) => ({ ...weekdayCall, id: `c${n}` }));
  provider.reply(rounds({ toolCalls }, { tokens: ['Done.'] }));
  const messages = completed(await stream('Many'));
  expect(messages).toHaveLength(258);
  expect(new Set(messages.map(({ id }) => id)).size).toBe(258);
});

test('the official client reads them as they come', async () => {
  provider.reply(rounds({ toolCalls: [weekdayCall] }, { tokens: ['It is Friday.'] }));
  const seen: string[] = [];
  const events = coze.client.chat.stream({
    bot_id: botId('agent'),
    user_id: 'u1',
    additional_messages: [user('Hi') as never],
  });
  for await (const { event, data } of events)
    seen.push(event === 'conversation.message.completed' ? String((data as { type?: string }).type) : event);
  expect(seen.slice(2)).toEqual([
    ...['function_call', 'tool_response', 'conversation.message.delta', 'answer', 'verbose'],
    ...['conversation.chat.completed', 'done'],
  ]);
});
