import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { chatApp } from '../support/parley/apps.ts';
import { startCoze, type TestCoze } from '../support/parley/coze.ts';
import { beginChat, endOf, messagesOf, namesOf, streamChat, user } from './chats.ts';

let provider: MockProvider;
/** A moderation extension that never answers. */
let extension: MockProvider;
let coze: TestCoze;

beforeAll(async () => {
  provider = await startMockProvider();
  extension = await startMockProvider({ reply: { hold: true } });
  const input = { enabled: true, preset_response: '' };
  coze = await startCoze({
    apps: {
      chat: chatApp(),
      stopping: chatApp(),
      guarded: chatApp({
        sensitive_word_avoidance: {
          enabled: true,
          type: 'api',
          config: { api_based_extension_id: 'guard', inputs_config: input, outputs_config: input },
        },
      }),
    },
    provider: provider.baseUrl,
    config: {
      app_settings: { stopping: { on_disconnect: 'stop' } },
      api_extensions: { guard: { endpoint: `${extension.baseUrl}/moderations`, api_key: 'guard-key' } },
    },
  });
});
beforeEach(() => provider.reply({ gate: true }));
afterAll(async () => {
  await coze.close();
  await provider.close();
  await extension.close();
});

const open = () => provider.nextRequest((request) => !request.isOver);

/** Waits until the server has as many client connections that wait for runs: until it has seen one close. */
async function openStreams(count: number): Promise<void> {
  const read = async () => (await fetch(`${coze.parley.url}/metrics`)).text();
  await expect.poll(read, { interval: 5, timeout: 5000 }).toContain(`\nparley_open_streams ${count}\n`);
}

test('created and in_progress come while the model has said nothing', async () => {
  const reader = await streamChat(coze, 'Hi');
  expect(await reader.next()).toMatchObject({
    event: 'conversation.chat.created',
    data: { status: 'created' },
  });
  expect(await reader.next()).toMatchObject({
    event: 'conversation.chat.in_progress',
    data: { status: 'in_progress' },
  });
  const upstream = await open();
  expect(upstream.tokensSent).toBe(0);
  upstream.finish();
  await reader.rest();
});

test('they come before the model is asked', async () => {
  const asked = provider.requests.length;
  const reader = await streamChat(coze, 'Hi', { app: 'guarded' });
  await reader.until('conversation.chat.in_progress');
  const call = await extension.nextRequest();
  expect(provider.requests).toHaveLength(asked);
  call.cut();
  await reader.rest();
});

test('each piece comes as the model says it', async () => {
  const reader = await streamChat(coze, 'Hi');
  const upstream = await open();
  for (const piece of ['one', ' two', ' three']) {
    upstream.send(piece);
    expect((await reader.until('conversation.message.delta')).content).toBe(piece);
  }
  upstream.finish();
  expect(namesOf(await reader.rest())).toEqual([
    'message.completed',
    'message.completed',
    'chat.completed',
    'done',
  ]);
});

test('a client that leaves does not stop its chat', async () => {
  const reader = await streamChat(coze, 'Hi');
  const chat = await reader.until('conversation.chat.created');
  const upstream = await open();
  upstream.send('first');
  await reader.until('conversation.message.delta');
  await reader.cancel();
  await openStreams(0);
  upstream.send(' second');
  upstream.finish();
  expect(await endOf(coze, chat)).toMatchObject({ status: 'completed', usage: { output_count: 2 } });
  expect(await messagesOf(coze, chat)).toMatchObject([
    { type: 'answer', content: 'first second' },
    { type: 'verbose' },
  ]);
  expect(upstream.wasAborted).toBe(false);
});

test('a client of the official SDK that aborts does not stop its chat either', async () => {
  const controller = new AbortController();
  const stream = coze.client.chat.stream(
    { bot_id: 'chat', user_id: 'u1', additional_messages: [user('Hi') as never] },
    { signal: controller.signal },
  );
  const { value } = await stream[Symbol.asyncIterator]().next();
  const chat = (value as unknown as { data: { id: string; conversation_id: string } }).data;
  const upstream = await open();
  controller.abort();
  await openStreams(0);
  upstream.send('all of it');
  upstream.finish();
  expect(await endOf(coze, chat)).toMatchObject({ status: 'completed' });
});

test('where the app says so, it does: the chat is complete with what was said', async () => {
  const reader = await streamChat(coze, 'Hi', { app: 'stopping' });
  const chat = await reader.until('conversation.chat.created');
  const upstream = await open();
  upstream.send('first');
  await reader.until('conversation.message.delta');
  await reader.cancel();
  await upstream.aborted();
  expect(await endOf(coze, chat)).toMatchObject({ status: 'completed', last_error: { code: 0, msg: '' } });
  const [answer, end] = await messagesOf(coze, chat);
  expect(answer).toMatchObject({ type: 'answer', content: 'first' });
  expect(end?.content).toContain('\\"finish_reason\\":1');
});

test('a chat that is not streamed goes on by itself', async () => {
  const chat = await beginChat(coze, 'Hi');
  const upstream = await open();
  await openStreams(0);
  upstream.send('said to nobody');
  upstream.finish();
  await endOf(coze, chat);
  expect(await messagesOf(coze, chat)).toMatchObject([{ content: 'said to nobody' }, {}]);
});

test('two streams at once do not mix', async () => {
  const readers = await Promise.all(['left', 'right'].map((text) => streamChat(coze, text)));
  const upstreams = await Promise.all(
    ['left', 'right'].map((text) =>
      provider.nextRequest(
        (request) => !request.isOver && JSON.stringify(request.body).includes(`"${text}"`),
      ),
    ),
  );
  upstreams[0]?.send('L');
  upstreams[1]?.send('R');
  const pieces = await Promise.all(readers.map((reader) => reader.until('conversation.message.delta')));
  expect(pieces.map(({ content }) => content)).toEqual(['L', 'R']);
  for (const upstream of upstreams) upstream.finish();
  const rest = await Promise.all(readers.map((reader) => reader.rest()));
  expect(rest.map((events) => events[0]?.data.content)).toEqual(['L', 'R']);
});
