import { APIError } from '@coze/api';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Store } from '../../src/store/open-store.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { chatApp } from '../support/parley/apps.ts';
import { startCoze, type TestCoze } from '../support/parley/coze.ts';
import { openTestStore } from '../support/parley/open-test-store.ts';
import {
  beginChat,
  botId,
  cancel,
  codeOf,
  dataOf,
  deltasOf,
  endOf,
  messagesOf,
  namesOf,
  retrieve,
  streamChat,
  type Wire,
  wholeChat,
} from './chats.ts';

let provider: MockProvider;
let coze: TestCoze;
let store: Store;

beforeAll(async () => {
  provider = await startMockProvider();
  coze = await startCoze({
    apps: { chat: chatApp(), other: chatApp() },
    provider: provider.baseUrl,
    config: { keys: [{ key: 'pat_of-another-bot', bots: ['other'] }] },
  });
  store = await openTestStore(coze.parley);
});
beforeEach(() => provider.reply({ gate: true }));
afterAll(async () => {
  await store.destroy();
  await coze.close();
  await provider.close();
});

const open = () => provider.nextRequest((request) => !request.isOver);
/** The run of the newest turn of a conversation, once it has ended. */
async function endedRun() {
  const newest = () =>
    store.selectFrom('runs').selectAll().orderBy('created_at', 'desc').limit(1).executeTakeFirstOrThrow();
  await expect.poll(async () => (await newest()).status, { interval: 5 }).not.toBe('running');
  return newest();
}

test('during a stream: canceled at once, and the stream goes on to the end of the model', async () => {
  const reader = await streamChat(coze, 'Hi', { meta_data: { a: 'b' } });
  const chat = await reader.until('conversation.chat.created');
  const upstream = await open();
  upstream.send('One');
  await reader.until('conversation.message.delta');

  const response = await cancel(coze, chat);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
  const detail = {
    id: chat.id,
    conversation_id: chat.conversation_id,
    bot_id: botId('chat'),
    status: 'canceled',
    created_at: chat.created_at,
    completed_at: expect.toSatisfy((at) => Number.isInteger(at) && Math.abs(at - Date.now() / 1000) < 5),
    failed_at: null,
    meta_data: { a: 'b' },
    last_error: { code: 0, msg: '' },
    section_id: chat.section_id,
    required_action: { type: '', submit_tool_outputs: { tool_calls: [] } },
    usage: { token_count: 0, output_count: 0, input_count: 0 },
  };
  expect(await response.json()).toEqual({
    code: 0,
    msg: '',
    data: detail,
    detail: { logid: response.headers.get('x-tt-logid') },
  });
  expect(await retrieve(coze, chat)).toEqual(detail);

  upstream.send(' two');
  expect(await reader.until('conversation.message.delta')).toMatchObject({ content: ' two' });
  upstream.send(' three');
  upstream.finish();
  const rest = await reader.rest();
  expect(namesOf(rest)).toEqual([
    'message.delta',
    'message.completed',
    'message.completed',
    'chat.completed',
    'done',
  ]);
  expect(rest[1]?.data).toMatchObject({ type: 'answer', content: 'One two three' });
  expect(rest[2]?.data).toMatchObject({ type: 'verbose', content: expect.stringContaining('reason\\":0') });
  // The tokens of the whole reply are counted.
  const ended = { ...detail, usage: { token_count: 13, output_count: 3, input_count: 10 } };
  expect(rest[3]?.data).toEqual(ended);
  expect(upstream.wasAborted).toBe(false);
  expect(await retrieve(coze, chat)).toEqual(ended);
  expect(await messagesOf(coze, chat)).toMatchObject([{ content: 'One two three' }, { type: 'verbose' }]);
});

test('at once a new chat may begin, which knows nothing of the canceled one; nor do later ones', async () => {
  provider.reply({ tokens: ['Kept.'] });
  const { conversation_id } = await wholeChat(coze, 'Keep this');
  provider.reply({ gate: true });
  const reader = await streamChat(coze, 'Forget this', { conversation_id });
  const chat = await reader.until('conversation.chat.created');
  const upstream = await open();
  upstream.send('Forgotten');
  await reader.until('conversation.message.delta');
  await dataOf(cancel(coze, chat));

  const next = await streamChat(coze, 'What now?', { conversation_id });
  const second = await open();
  const kept = [
    { role: 'user', content: 'Keep this' },
    { role: 'assistant', content: 'Kept.' },
    { role: 'user', content: 'What now?' },
  ];
  expect(second.body?.messages).toEqual(kept);
  second.send('Next.');
  second.finish();
  expect((await next.until('conversation.chat.completed')).status).toBe('completed');
  // The old one still streams.
  upstream.send(' words');
  upstream.finish();
  expect(deltasOf(await reader.rest()).content).toBe(' words');
  expect((await retrieve(coze, chat)).status).toBe('canceled');

  provider.reply();
  await wholeChat(coze, 'And then?', { conversation_id });
  expect(provider.requests.at(-1)?.body?.messages).toEqual([
    ...kept,
    { role: 'assistant', content: 'Next.' },
    { role: 'user', content: 'And then?' },
  ]);
});

test('one that is not streamed: canceled at once for whoever polls, its tokens counted later', async () => {
  const chat = await beginChat(coze, 'Hi');
  const upstream = await open();
  const { conversation_id, id } = chat;
  const canceled = (await coze.client.chat.cancel(conversation_id, id)) as unknown as Wire;
  expect(canceled).toMatchObject({ id, conversation_id, status: 'canceled' });
  expect(await retrieve(coze, chat)).toEqual(canceled);
  expect(await messagesOf(coze, chat)).toEqual([]);
  upstream.send('said');
  upstream.finish();
  expect(await endedRun()).toMatchObject({ status: 'succeeded', canceled_at: expect.any(Number) });
  expect(await retrieve(coze, chat)).toEqual({
    ...canceled,
    usage: { token_count: 11, output_count: 1, input_count: 10 },
  });
});

test('it stays canceled: when the model fails, when it is canceled again, and after a restart', async () => {
  const reader = await streamChat(coze, 'Hi');
  const chat = await reader.until('conversation.chat.created');
  const upstream = await open();
  upstream.send('Half');
  await reader.until('conversation.message.delta');
  const first = await dataOf(cancel(coze, chat));
  expect(await dataOf(cancel(coze, chat)), 'while it goes on').toEqual(first);
  upstream.cut();
  const rest = await reader.rest();
  expect(namesOf(rest).slice(-2)).toEqual(['chat.completed', 'done']);
  const ended = rest.at(-2)?.data;
  expect(ended).toMatchObject({ status: 'canceled', failed_at: null, last_error: { code: 0, msg: '' } });
  expect(await dataOf(cancel(coze, chat)), 'and afterwards').toEqual({
    ...ended,
    completed_at: first.completed_at,
  });
  await coze.parley.restart();
  expect(await retrieve(coze, chat)).toMatchObject({ status: 'canceled' });
  expect(await codeOf(cancel(coze, chat))).toBe(0);
});

test('one that is completed cannot be canceled: 4104, and it stays what it is', async () => {
  provider.reply();
  const chat = await wholeChat(coze, 'Hi');
  expect(chat.status).toBe('completed');
  const response = await cancel(coze, chat);
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({
    code: 4104,
    msg: "The current conversation can't be canceled",
    detail: { logid: response.headers.get('x-tt-logid') },
  });
  const error = await coze.client.chat.cancel(chat.conversation_id, chat.id).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(APIError);
  expect(error).toMatchObject({ code: 4104, status: 200 });
  expect(await retrieve(coze, chat)).toEqual(chat);
});

test('one that has failed cannot be canceled either', async () => {
  provider.reply({ status: 400, error: { message: 'no' } });
  const chat = await wholeChat(coze, 'Hi');
  expect(chat.status).toBe('failed');
  expect(await codeOf(cancel(coze, chat))).toBe(4104);
  expect(await retrieve(coze, chat)).toEqual(chat);
});

test('nobody cancels it from elsewhere', async () => {
  const chat = await beginChat(coze, 'Hi');
  const upstream = await open();
  const elsewhere = await beginChat(coze, 'Hi', { app: 'other' });
  (await open()).finish();
  const body = { conversation_id: chat.conversation_id, chat_id: chat.id };
  const as = (token: string | null, fields = {}) =>
    codeOf(coze.request('POST', '/v3/chat/cancel', { ...body, ...fields }, { token }));
  expect(await as('pat_of-another-bot')).toBe(4002);
  expect(await as('pat_wrong')).toBe(700012006);
  expect(await as(null)).toBe(700012006);
  expect(await codeOf(cancel(coze, { ...chat, conversation_id: elsewhere.conversation_id }))).toBe(4001);
  upstream.finish();
  expect((await endOf(coze, chat)).status).toBe('completed');
});
