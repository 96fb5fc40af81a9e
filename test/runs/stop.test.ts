import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Store } from '../../src/store/open-store.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { chatApp, completionApp } from '../support/parley/apps.ts';
import { openTestStore } from '../support/parley/open-test-store.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { runningTurn, storedTurn } from '../support/parley/stored-runs.ts';
import {
  answered,
  firstEvent,
  readStream,
  sendChat,
  sendCompletion,
  stop,
  streamChat,
  textOf,
  usageOf,
} from '../support/parley/turns.ts';
import { streamProblems } from '../support/spec/dify-spec.ts';

let provider: MockProvider;
/** A moderation extension that takes its time: it never answers. */
let extension: MockProvider;
let parley: TestParley;
let store: Store;

beforeAll(async () => {
  provider = await startMockProvider();
  extension = await startMockProvider({ reply: { hold: true } });
  const input = { enabled: true, preset_response: '' };
  parley = await startParley({
    apps: {
      chat: chatApp(),
      other: chatApp(),
      completion: completionApp(),
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
      api_extensions: { guard: { endpoint: `${extension.baseUrl}/moderations`, api_key: 'guard-key' } },
    },
  });
  store = await openTestStore(parley);
});
beforeEach(() => provider.reply({ gate: true }));
afterAll(async () => {
  await store.destroy();
  await parley.close();
  await provider.close();
  await extension.close();
});

const open = () => provider.nextRequest((request) => !request.isOver);
const success = { result: 'success' };

test('while tokens flow: upstream closed, message_end, partial answer and usage kept', async () => {
  const reader = await streamChat(parley, { query: 'long one' });
  const upstream = await open();
  upstream.send('One');
  upstream.send(' two');
  const seen = await reader.readUntil((event) => event.answer === ' two');
  const taskId = String(seen[0]?.task_id);
  const response = await stop(parley, taskId);
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual(success);
  await upstream.aborted();
  const rest = await reader.readAll();
  expect(rest.map(({ event }) => event)).toEqual(['message_end']);
  expect(streamProblems('ChunkChatEvent', rest)).toEqual([]);
  const usage = usageOf(rest);
  expect(usage.completion_tokens).toBeGreaterThan(0);
  expect(usage.prompt_tokens).toBeGreaterThan(0);
  const turn = await storedTurn(store, rest[0]?.message_id);
  expect(turn).toMatchObject({
    taskId,
    run: 'stopped',
    stoppedBy: 'user',
    status: 'normal',
    error: null,
    answer: 'One two',
    answerTokens: usage.completion_tokens,
  });
});

test('the upstream closes at once, before the stop is answered', async () => {
  const lags: number[] = [];
  for (let n = 0; n < 3; n++) {
    const reader = await streamChat(parley);
    const upstream = await open();
    upstream.send('x');
    const { task_id } = await firstEvent(reader);
    await stop(parley, task_id);
    const answeredAt = performance.now();
    await upstream.aborted();
    lags.push((upstream.abortedAt ?? Number.POSITIVE_INFINITY) - answeredAt);
    await reader.readAll();
  }
  // The provider and the client hear of it through sockets of their own. One of three may meet a busy machine.
  expect(Math.min(...lags), `${lags}`).toBeLessThan(50);
});

test('before the first token: the stream ends with message_end alone', async () => {
  const reader = await streamChat(parley, { user: 'early' });
  const upstream = await open();
  const { taskId, messageId } = await runningTurn(store, 'early');
  await stop(parley, taskId, 'early');
  await upstream.aborted();
  expect((await reader.readAll()).map(({ event }) => event)).toEqual(['message_end']);
  expect(await storedTurn(store, messageId)).toMatchObject({ run: 'stopped', answer: '', status: 'normal' });
});

// A call of its own accord gives up after ten seconds.
test('while a moderation extension thinks: its call is closed, the model is not asked', async () => {
  const reader = await streamChat(parley, { user: 'guarded', query: 'may I?' }, 'guarded');
  const call = await extension.nextRequest();
  const { taskId, messageId } = await runningTurn(store, 'guarded');
  await stop(parley, taskId, 'guarded', 'guarded');
  await call.aborted();
  expect((await reader.readAll()).map(({ event }) => event)).toEqual(['message_end']);
  expect(await storedTurn(store, messageId)).toMatchObject({ run: 'stopped', answer: '', status: 'normal' });
  expect(JSON.stringify(provider.requests.map(({ body }) => body))).not.toContain('may I?');
}, 5000);

test('a blocking request is answered with what was said', async () => {
  const answer = sendChat(parley, { user: 'blocking' });
  const upstream = await open();
  upstream.send('Half');
  const { taskId } = await runningTurn(store, 'blocking');
  // Another connection of the same user shows that the server has read the piece.
  const events = await parley.request('chat', 'GET', `/chat-messages/${taskId}/events?user=blocking`);
  expect(await firstEvent(await readStream(events))).toMatchObject({ answer: 'Half' });
  await stop(parley, taskId, 'blocking');
  await upstream.aborted();
  const body = await answered(answer);
  expect(body).toMatchObject({ event: 'message', task_id: taskId, answer: 'Half' });
  expect(await storedTurn(store, body.message_id)).toMatchObject({ run: 'stopped', answer: 'Half' });
});

test('completion apps stop the same way', async () => {
  const reader = await readStream(await sendCompletion(parley, { response_mode: 'streaming' }));
  const upstream = await open();
  upstream.send('Ho');
  const { task_id } = await firstEvent(reader);
  expect(await (await stop(parley, task_id, 'u1', 'completion')).json()).toEqual(success);
  await upstream.aborted();
  const rest = await reader.readAll();
  expect(rest.map(({ event }) => event)).toEqual(['message_end']);
  expect(rest[0]).not.toHaveProperty('conversation_id');
});

test('stopping again, and stopping what has ended, is a success without effect', async () => {
  const reader = await streamChat(parley);
  const upstream = await open();
  upstream.send('x');
  const { task_id, message_id } = await firstEvent(reader);
  const answers = await Promise.all([1, 2, 3].map(() => stop(parley, task_id)));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  await reader.readAll();
  const before = await storedTurn(store, message_id);
  expect((await stop(parley, task_id)).status).toBe(200);
  expect(await storedTurn(store, message_id)).toEqual(before);
});

test.each(['another user', 'another app', 'the other route', 'an unknown task', 'no UUID'])(
  '%s: success, and the run goes on',
  async (kind) => {
    const reader = await streamChat(parley, { user: 'alice' });
    const upstream = await open();
    upstream.send('a');
    const { task_id } = await firstEvent(reader);
    const attempts: Readonly<Record<string, () => Promise<Response>>> = {
      'another user': () => stop(parley, task_id, 'bob'),
      'another app': () => stop(parley, task_id, 'alice', 'other'),
      'the other route': () => stop(parley, task_id, 'alice', 'completion'),
      'an unknown task': () => stop(parley, randomUUID(), 'alice'),
      'no UUID': () => stop(parley, '..%2f..%20x', 'alice'),
    };
    const response = await attempts[kind]?.();
    expect(response?.status).toBe(200);
    expect(await response?.json()).toEqual(success);
    upstream.send('b');
    upstream.finish();
    const rest = await reader.readAll();
    expect(textOf(rest)).toBe('b');
    expect(upstream.wasAborted).toBe(false);
    expect(await storedTurn(store, rest.at(-1)?.message_id)).toMatchObject({
      run: 'succeeded',
      answer: 'ab',
    });
  },
);

test('a stopped conversation goes on', async () => {
  const reader = await streamChat(parley, { user: 'again' });
  (await open()).send('part');
  const { task_id, conversation_id } = await firstEvent(reader);
  await stop(parley, task_id, 'again');
  await reader.readAll();
  provider.reply({ tokens: ['whole'] });
  expect((await answered(sendChat(parley, { user: 'again', conversation_id }))).answer).toBe('whole');
});

test('while the title is in the making: the answer stops, the title still comes', async () => {
  const isTitle = (request: { body: unknown }) => JSON.stringify(request.body).includes('short title');
  provider.reply((request) => (isTitle(request) ? { tokens: ['A title'], hold: 0 } : { gate: true }));
  const reader = await streamChat(parley, { user: 'titled', query: 'tell me', auto_generate_name: true });
  const upstream = await provider.nextRequest((request) => !request.isOver && !isTitle(request));
  // It is asked for once the answer has begun.
  upstream.send('x');
  const { task_id, conversation_id } = await firstEvent(reader);
  const title = await provider.nextRequest((request) => !request.isOver && isTitle(request));
  await stop(parley, task_id, 'titled');
  await upstream.aborted();
  expect((await reader.readAll()).at(-1)?.event).toBe('message_end');
  title.release();
  const name = () =>
    store.selectFrom('conversations').select('name').where('id', '=', conversation_id).executeTakeFirst();
  await expect.poll(name, { interval: 5 }).toEqual({ name: 'A title' });
});

test('a stopped answer is listed', async () => {
  const reader = await streamChat(parley, { user: 'listed' });
  (await open()).send('so far');
  const { task_id, conversation_id } = await firstEvent(reader);
  await stop(parley, task_id, 'listed');
  await reader.readAll();
  const response = await parley.request(
    'chat',
    'GET',
    `/messages?user=listed&conversation_id=${conversation_id}`,
  );
  expect(await response.json()).toMatchObject({
    data: [{ answer: 'so far', status: 'normal', error: null }],
  });
});
