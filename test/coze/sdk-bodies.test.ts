import { CozeAPI } from '@coze/api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { chatApp } from '../support/parley/apps.ts';
import { startCoze, type TestCoze, TOKEN } from '../support/parley/coze.ts';
import { botId, ChatReader, deltasOf, type Envelope, endOf, namesOf, user } from './chats.ts';

let provider: MockProvider;
let coze: TestCoze;

beforeAll(async () => {
  provider = await startMockProvider({ reply: { tokens: ['Hello'] } });
  coze = await startCoze({ apps: { chat: chatApp() }, provider: provider.baseUrl });
});
afterAll(async () => {
  await coze.close();
  await provider.close();
});

/** What SDKs send to `/v3/chat`, literally (`facts/coze-wire.md` §3); `$BOT` is the bot. */
const js =
  '{"bot_id":"$BOT","additional_messages":[{"role":"user","content":"hi","content_type":"text"}],"user_id":"1200391250992.6902","stream":true}';
const py =
  '{"bot_id":"$BOT","user_id":"u","additional_messages":[{"role":"user","type":"question","content":"hi","content_type":"text","meta_data":null,"id":null,"conversation_id":null,"section_id":null,"bot_id":null,"chat_id":null,"created_at":null,"updated_at":null,"reasoning_content":null}],"stream":true,"auto_save_history":true}';
const go =
  '{"bot_id":"$BOT","user_id":"u","additional_messages":[{"role":"user","type":"question","content":"hi","reasoning_content":"","content_type":"text","id":"","conversation_id":"","section_id":"","bot_id":"","chat_id":"","created_at":0,"updated_at":0}],"stream":true,"connector_id":""}';
const JSON_UTF8 = 'application/json; charset=utf-8';
/** Everything optional, as nothing. */
const nothing =
  '{"bot_id":"$BOT","user_id":"u","additional_messages":[{"role":"user","type":"","content":"hi","content_type":"","meta_data":null}],"stream":true,"auto_save_history":null,"custom_variables":null,"meta_data":null,"extra_params":null,"parameters":null,"shortcut_command":null,"enable_card":null,"publish_status":"","bot_version":"","connector_id":null,"response_format":null,"nobody_knows":{"a":[1]}}';

test.each([
  ['js', '/v3/chat', js, 'application/json'],
  ['py', '/v3/chat?conversation_id=', py, 'application/json'],
  ['go', '/v3/chat?conversation_id=', go, JSON_UTF8],
  ['with nothing set', '/v3/chat?conversation_id=', nothing, JSON_UTF8],
  ['go, with the trailing slash of a base URL', '//v3/chat?conversation_id=', go, JSON_UTF8],
  ['with no content type', '/v3/chat/', js, null],
  ['with the content type of text', '/v3/chat', js, 'text/plain;charset=UTF-8'],
])('%s: a stream, of a new conversation each', async (_, path, body, type) => {
  const ask = async () => {
    const response = await fetch(coze.url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, ...(type === null ? {} : { 'content-type': type }) },
      // Bytes, for which fetch invents no content type.
      body: new TextEncoder().encode(body.replace('$BOT', botId('chat'))),
    });
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    return new ChatReader(response).rest();
  };
  const events = await ask();
  expect(namesOf(events).at(-2)).toBe('chat.completed');
  expect(deltasOf(events).content).toBe('Hello');
  expect(provider.requests.at(-1)?.body?.messages).toEqual([{ role: 'user', content: 'hi' }]);
  expect((await ask())[0]?.data.conversation_id).not.toBe(events[0]?.data.conversation_id);
});

test('an app is also named by its own id', async () => {
  const chat = await coze.client.chat.create({
    bot_id: 'chat',
    user_id: 'u1',
    additional_messages: [user('Hi') as never],
  });
  expect(chat.bot_id).toBe(botId('chat'));
  await endOf(coze, chat);
});

test.each(['', '/'])('the official client with a base URL that ends in "%s"', async (end) => {
  const client = new CozeAPI({ token: TOKEN, baseURL: coze.url + end });
  const params = { bot_id: botId('chat'), additional_messages: [user('Hi') as never] };
  const names: string[] = [];
  for await (const { event } of client.chat.stream(params)) names.push(event);
  expect(names.at(-2)).toBe('conversation.chat.completed');
  const { chat, messages } = await client.chat.createAndPoll(params);
  expect(chat.status).toBe('completed');
  expect(messages).toMatchObject([{ content: 'Hello' }, {}]);
});

test('its content may be a list of parts', async () => {
  const { chat, messages } = await coze.client.chat.createAndPoll({
    bot_id: botId('chat'),
    user_id: 'u1',
    additional_messages: [
      { role: 'user', content: [{ type: 'text', text: 'in parts' }], content_type: 'object_string' } as never,
    ],
  });
  expect(chat.status).toBe('completed');
  expect(messages).toHaveLength(2);
  expect(provider.requests.at(-1)?.body?.messages).toEqual([{ role: 'user', content: 'in parts' }]);
});

test('cancel, retrieve and message/list of a conversation that is not named: 4000, as JSON', async () => {
  const answers = [
    await coze.request('GET', '/v3/chat/retrieve?conversation_id=&chat_id='),
    await coze.request('POST', '/v3/chat/retrieve'),
    await coze.request('GET', '/v3/chat/message/list?chat_id=1'),
    await coze.request('POST', '/v3/chat/cancel'),
    await coze.request('POST', '/v3/chat/cancel', { chat_id: null, conversation_id: '' }),
  ];
  for (const response of answers) {
    expect(response.status).toBe(200);
    const body = (await response.json()) as Envelope;
    expect(body).toMatchObject({ code: 4000, detail: { logid: response.headers.get('x-tt-logid') } });
  }
});
