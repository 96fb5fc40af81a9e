import * as sdk from '@coze/api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { chatApp } from '../support/parley/apps.ts';
import { startCoze, type TestCoze } from '../support/parley/coze.ts';
import { assistant, botId, endOf, sendChat, user, type Wire, wholeChat } from './chats.ts';

let provider: MockProvider;
let coze: TestCoze;
/** A chat that is there. */
let chat: Wire;
/** One of another bot. */
let other: Wire;
let asked: number;

beforeAll(async () => {
  provider = await startMockProvider();
  coze = await startCoze({
    apps: { chat: chatApp(), other: chatApp(), only: chatApp() },
    provider: provider.baseUrl,
    config: { keys: [{ key: 'pat_one-bot', bots: ['only'] }] },
  });
  chat = await wholeChat(coze, 'Hi');
  other = await wholeChat(coze, 'Hi', { app: 'other' });
  asked = provider.requests.length;
});
afterAll(async () => {
  expect(provider.requests.length, 'nothing of what was refused reached the model').toBe(asked);
  await coze.close();
  await provider.close();
});

const many = (count: number) => Array.from({ length: count }, () => user('Hi'));
/** What a chat may not be, by what is wrong with it. */
const refused: Readonly<Record<string, readonly [code: number, fields: () => object]>> = {
  'no bot': [4000, () => ({ bot_id: undefined })],
  'an empty bot': [4000, () => ({ bot_id: '' })],
  'an unknown bot': [4200, () => ({ bot_id: '7379462189365198898' })],
  'no user': [4000, () => ({ user_id: undefined })],
  'an empty user': [4000, () => ({ user_id: '' })],
  'a user with a name of 256 characters': [4000, () => ({ user_id: 'u'.repeat(256) })],
  'no messages in a new conversation': [4000, () => ({ additional_messages: [] })],
  'messages that are none': [4000, () => ({ additional_messages: 'Hi' })],
  'a message of nobody': [4000, () => ({ additional_messages: [{ content: 'Hi' }] })],
  'a message of the system': [4000, () => ({ additional_messages: [{ ...user('Hi'), role: 'system' }] })],
  'a message without content': [4000, () => ({ additional_messages: [{ role: 'user' }] })],
  'an empty message': [4000, () => ({ additional_messages: [user('')] })],
  'a content type of answers': [
    4000,
    () => ({ additional_messages: [{ ...user('Hi'), content_type: 'card' }] }),
  ],
  'an assistant’s message at the end': [
    4000,
    () => ({ additional_messages: [user('Hi'), assistant('Yes?')] }),
  ],
  'a question of the assistant': [
    4000,
    () => ({ additional_messages: [{ ...assistant('Hi'), type: 'question' }, user('Hi')] }),
  ],
  'an answer of the user': [4000, () => ({ additional_messages: [{ ...user('Hi'), type: 'answer' }] })],
  'a verbose message': [
    4000,
    () => ({ additional_messages: [{ ...assistant('Hi'), type: 'verbose' }, user('Hi')] }),
  ],
  'a tool’s output in a history that is kept': [
    4000,
    () => ({ additional_messages: [{ ...assistant('{}'), type: 'tool_response' }, user('Hi')] }),
  ],
  '101 messages': [4004, () => ({ additional_messages: many(101) })],
  'an unknown conversation': [4002, () => ({ conversation_id: '7397787494399999999' })],
  'a conversation that is no id': [4002, () => ({ conversation_id: 'abc' })],
  'a conversation of another bot': [4002, () => ({ conversation_id: other.conversation_id })],
  'a chat in place of a conversation': [4002, () => ({ conversation_id: chat.id })],
  'variables that are none': [4000, () => ({ custom_variables: 'a=b' })],
  'a version of a draft': [4000, () => ({ publish_status: 'unpublished_draft', bot_version: '1' })],
  'a shortcut': [4000, () => ({ shortcut_command: { command_id: '1' } })],
};

const classes: Readonly<Record<number, typeof sdk.APIError>> = {
  4000: sdk.BadRequestError,
  4200: sdk.NotFoundError,
};

/** The SDK makes up a user where there is none, and sends no messages that are none. */
const UNSENT = new Set(['no user', 'an empty user', 'messages that are none']);

describe.each(Object.entries(refused))('%s', (name, [code, fields]) => {
  const params = () =>
    ({ bot_id: botId('chat'), user_id: 'u1', additional_messages: [user('Hi')], ...fields() }) as never;

  test(`is ${code} in the envelope, and the SDK's class for it`, async () => {
    const response = await sendChat(coze, 'Hi', fields() as never);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    const body = await response.json();
    expect(body).toEqual({
      code,
      msg: expect.stringMatching(/\S/),
      detail: { logid: response.headers.get('x-tt-logid') },
    });
    if (UNSENT.has(name)) return;
    const error = await coze.client.chat.create(params()).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(classes[code] ?? sdk.APIError);
    expect(error).toMatchObject({ code, logid: expect.stringMatching(/^\d{14}[0-9A-F]{20}$/) });
  });

  test('of a stream is one line of JSON without an end of line, which the SDK reads', async () => {
    const response = await sendChat(coze, 'Hi', { ...fields(), stream: true });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    const text = await response.text();
    expect(text).not.toMatch(/\n/);
    expect(text).toMatch(/\}$/);
    expect(JSON.parse(text).code).toBe(code);
  });
});

test('the SDK gets exactly one event for a stream that is refused', async () => {
  const events: unknown[] = [];
  for await (const event of coze.client.chat.stream({
    bot_id: '1',
    additional_messages: [user('Hi') as never],
  }))
    events.push(event);
  expect(events).toMatchObject([
    {
      event: 'error',
      data: { code: 4200, msg: expect.stringMatching(/bot_id=1 does not exist/), detail: {} },
    },
  ]);
});

test('stream=false needs a history that is kept: 4007', async () => {
  expect(await (await sendChat(coze, 'Hi', { auto_save_history: false })).json()).toMatchObject({
    code: 4007,
  });
});

test('100 messages are taken', async () => {
  const taken = await wholeChat(coze, 'Hi', { additional_messages: many(100) });
  asked++;
  expect(taken.status).toBe('completed');
  expect(provider.requests.at(-1)?.body?.messages).toHaveLength(100);
});

test.each(['retrieve', 'message/list', 'cancel'])('%s of what is not there: 4001 and 4002', async (path) => {
  const ask = async (conversation_id: string, chat_id: string) => {
    const response =
      path === 'cancel'
        ? await coze.request('POST', '/v3/chat/cancel', { conversation_id, chat_id })
        : await coze.request('GET', `/v3/chat/${path}?conversation_id=${conversation_id}&chat_id=${chat_id}`);
    expect(response.status).toBe(200);
    return ((await response.json()) as { code: number }).code;
  };
  const { id, conversation_id } = chat;
  for (const unknown of ['7397787494399999999', 'abc', '0', '9223372036854775808', '-1', '1e3', `${id}0`]) {
    expect(await ask(conversation_id, unknown), unknown).toBe(4001);
    expect(await ask(unknown, id), unknown).toBe(4002);
  }
  // Ids of other things are no chats.
  expect(await ask(conversation_id, conversation_id)).toBe(4001);
  expect(await ask(conversation_id, `${BigInt(id) + 102n}`)).toBe(4001);
  expect(await ask(other.conversation_id, id)).toBe(4001);
  // Nor is another of the same moment.
  expect(await ask(conversation_id, `${BigInt(id) ^ 256n}`)).toBe(4001);
});

test('outputs of tools that nobody asked for: 4000, of what is not there 4001 and 4002, as one event to the SDK', async () => {
  const { id, conversation_id } = chat;
  const submit = async (names: { conversation_id: string; chat_id: string }) => {
    const events: unknown[] = [];
    for await (const event of coze.client.chat.submitToolOutputs({
      ...names,
      tool_outputs: [{ tool_call_id: 'a', output: 'b' }],
      stream: true,
    }) as AsyncIterable<unknown>)
      events.push(event);
    return events;
  };
  const refusal = (code: number) => [{ event: 'error', data: { code, msg: expect.stringMatching(/\S/) } }];
  expect(await submit({ conversation_id, chat_id: id })).toMatchObject(refusal(4000));
  expect(await submit({ conversation_id, chat_id: '1' })).toMatchObject(refusal(4001));
  expect(await submit({ conversation_id: '1', chat_id: id })).toMatchObject(refusal(4002));
});

test('a token reaches neither bots nor chats of others', async () => {
  const client = coze.clientOf('pat_one-bot');
  const { id, conversation_id } = chat;
  const params = { bot_id: botId('chat'), user_id: 'u1', additional_messages: [user('Hi') as never] };
  await expect(client.chat.create(params)).rejects.toMatchObject({ code: 4200 });
  await expect(client.chat.retrieve(conversation_id, id)).rejects.toMatchObject({ code: 4002 });
  await expect(client.chat.messages.list(conversation_id, id)).rejects.toMatchObject({ code: 4002 });
  await expect(client.chat.cancel(conversation_id, id)).rejects.toMatchObject({ code: 4002 });
  const own = await client.chat.create({ ...params, bot_id: botId('only') });
  asked++;
  expect(await endOf(coze, own)).toMatchObject({ status: 'completed' });
  await expect(
    client.chat.create({ ...params, bot_id: botId('only'), conversation_id }),
  ).rejects.toMatchObject({ code: 4002 });
});
