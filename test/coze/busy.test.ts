import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { MockRequest } from '../support/mock-provider/mock-request.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { chatApp } from '../support/parley/apps.ts';
import { startCoze, type TestCoze } from '../support/parley/coze.ts';
import {
  assistant,
  beginChat,
  botId,
  cancel,
  codeOf,
  dataOf,
  type Envelope,
  endOf,
  fail,
  retrieve,
  sendChat,
  streamChat,
  user,
  type Wire,
  wholeChat,
} from './chats.ts';

let provider: MockProvider;
let coze: TestCoze;

beforeAll(async () => {
  provider = await startMockProvider();
  coze = await startCoze({
    apps: {
      chat: chatApp(),
      limited: chatApp(),
      suggesting: chatApp({ suggested_questions_after_answer: { enabled: true } }),
    },
    provider: provider.baseUrl,
    config: { app_settings: { limited: { max_concurrency: 1 } } },
  });
});
beforeEach(() => provider.reply({ gate: true }));
afterAll(async () => {
  await coze.close();
  await provider.close();
});

const open = () => provider.nextRequest((request) => !request.isOver);

test('one chat at a time: 4016 for others of the conversation, however they are asked', async () => {
  const chat = await beginChat(coze, 'Hi');
  const upstream = await open();
  const { conversation_id } = chat;
  for (const more of [
    {},
    { stream: true },
    { user_id: 'somebody-else' },
    { stream: true, auto_save_history: false },
    { additional_messages: [] },
  ]) {
    const response = await sendChat(coze, 'Hi', { conversation_id, ...more });
    expect(response.status).toBe(200);
    const body = (await response.json()) as Envelope;
    expect(body.code, JSON.stringify(more)).toBe(4016);
    expect(body.msg).toMatch(/^There is already a running conversation in the current session/);
  }
  const stream = coze.client.chat.stream({
    bot_id: botId('chat'),
    conversation_id,
    additional_messages: [user('Hi') as never],
  });
  const events: unknown[] = [];
  for await (const event of stream) events.push(event);
  expect(events).toMatchObject([{ event: 'error', data: { code: 4016 } }]);
  // Another conversation of the same user is another matter.
  const elsewhere = await beginChat(coze, 'Hi');
  (await open()).finish();
  upstream.finish();
  expect(await endOf(coze, elsewhere)).toMatchObject({ status: 'completed' });
  expect(await endOf(coze, chat)).toMatchObject({ status: 'completed' });
});

const ends: Readonly<Record<string, (upstream: MockRequest, chat: Wire) => unknown>> = {
  completed: (upstream) => upstream.finish(),
  failed: (upstream) => fail(upstream),
  canceled: (_, chat) => dataOf(cancel(coze, chat)),
};

test.each(Object.entries(ends))('free again when it is %s', async (status, end) => {
  const chat = await beginChat(coze, 'Hi');
  const upstream = await open();
  await end(upstream, chat);
  expect((await endOf(coze, chat)).status).toBe(status);
  provider.reply();
  expect((await wholeChat(coze, 'Hi', { conversation_id: chat.conversation_id })).status).toBe('completed');
  upstream.finish();
});

test.each([
  ['kept', {}],
  ['not kept', { auto_save_history: false }],
])('%s: free at the moment that a stream says it is over', async (_, more) => {
  provider.reply();
  let conversation = {};
  for (let n = 0; n < 20; n++) {
    const reader = await streamChat(coze, 'Hi', { ...conversation, ...more });
    const { conversation_id } = await reader.until('conversation.chat.completed');
    conversation = { conversation_id };
  }
});

test('one that was canceled does not free what comes after it: the new chat keeps others out', async () => {
  const first = await beginChat(coze, 'one');
  const old = await open();
  await dataOf(cancel(coze, first));
  const { conversation_id } = first;
  const second = await beginChat(coze, 'two', { conversation_id });
  const upstream = await open();
  expect(await codeOf(sendChat(coze, 'three', { conversation_id }))).toBe(4016);
  old.finish();
  await old.ended();
  expect(await dataOf(cancel(coze, first))).toMatchObject({ status: 'canceled' });
  expect(await codeOf(sendChat(coze, 'three', { conversation_id }))).toBe(4016);
  upstream.finish();
  expect((await endOf(coze, second)).status).toBe('completed');
});

test('busy while questions are suggested', async () => {
  const chat = await beginChat(coze, 'Hi', { app: 'suggesting' });
  const answering = await open();
  answering.send('Yes.');
  answering.finish();
  const suggesting = await open();
  const { conversation_id } = chat;
  expect(await codeOf(sendChat(coze, 'Hi', { app: 'suggesting', conversation_id }))).toBe(4016);
  suggesting.finish();
  expect((await endOf(coze, chat)).status).toBe('completed');
});

test('a bot that is asked too much: 429, but for a stream, whose error the SDK reads', async () => {
  const chat = await beginChat(coze, 'Hi', { app: 'limited' });
  const upstream = await open();
  const response = await sendChat(coze, 'Hi', { app: 'limited' });
  expect(response.status).toBe(429);
  expect(await response.json()).toMatchObject({
    code: 4009,
    msg: expect.stringMatching(/Too many requests/),
  });
  const events: unknown[] = [];
  for await (const event of coze.client.chat.stream({
    bot_id: botId('limited'),
    additional_messages: [user('Hi') as never],
  }))
    events.push(event);
  expect(events).toMatchObject([{ event: 'error', data: { code: 4009 } }]);
  upstream.finish();
  await endOf(coze, chat);
});

/** Begins `count` chats of one conversation at the same moment, and answers those that were accepted. */
async function rush(conversation_id: string, count: number, more: (n: number) => object = () => ({})) {
  const answers = await Promise.all(
    Array.from({ length: count }, (_, n) => sendChat(coze, `rush-${n}`, { conversation_id, ...more(n) })),
  );
  const bodies = (await Promise.all(answers.map((answer) => answer.json()))) as Envelope[];
  const accepted = bodies.filter(({ code }) => code === 0).map(({ data }) => data);
  expect(bodies.filter(({ code }) => code === 4016)).toHaveLength(count - accepted.length);
  return accepted;
}

test('of many chats begun at the same moment exactly one is accepted, time after time', async () => {
  provider.reply({ tokens: ['first'] });
  const { conversation_id } = await wholeChat(coze, 'Hi');
  for (let round = 0; round < 15; round++) {
    provider.reply({ gate: true });
    const accepted = await rush(conversation_id, 12);
    expect(accepted).toHaveLength(1);
    const [chat] = accepted as [Wire];
    expect((await retrieve(coze, chat)).status).toBe('in_progress');
    const upstream = await open();
    expect(provider.requests.filter((request) => !request.isOver)).toHaveLength(1);
    if (round % 3 === 0) await dataOf(cancel(coze, chat));
    upstream.finish();
    await upstream.ended();
    await endOf(coze, chat);
  }
});

test('also when some of them are not kept', async () => {
  provider.reply({ tokens: ['first'] });
  const { conversation_id } = await wholeChat(coze, 'Hi');
  for (let round = 0; round < 15; round++) {
    provider.reply({ gate: true });
    const unkept = { stream: true, auto_save_history: false };
    const codes = await Promise.all(
      Array.from({ length: 12 }, (_, n) =>
        codeOf(sendChat(coze, 'Hi', { conversation_id, ...((n + round) % 2 ? unkept : {}) })),
      ),
    );
    expect([...codes].sort()).toEqual([0, ...Array.from({ length: 11 }, () => 4016)]);
    const upstream = await open();
    provider.reply();
    upstream.finish();
    // Whichever it was, it has ended when the next is accepted.
    const next = await vi.waitFor(() => beginChat(coze, 'Hi', { conversation_id }), {
      interval: 5,
      timeout: 5000,
    });
    await endOf(coze, next);
  }
});

test('also of the first chats of a conversation that was made without one', async () => {
  for (let round = 0; round < 5; round++) {
    const { id } = await coze.client.conversations.create({ bot_id: botId('chat') });
    const accepted = await rush(id, 12, (n) => ({ user_id: `user-${n}` }));
    expect(accepted).toHaveLength(1);
    (await open()).finish();
    await endOf(coze, accepted[0] as Wire);
  }
});

test('many cancels, and many next chats behind them: one is accepted', async () => {
  let chat = await beginChat(coze, 'Hi', { additional_messages: [assistant('Well?'), user('Hi')] });
  const { conversation_id } = chat;
  for (let round = 0; round < 10; round++) {
    const upstream = await open();
    await Promise.all([1, 2, 3].map(() => dataOf(cancel(coze, chat))));
    const accepted = await rush(conversation_id, 8);
    expect(accepted).toHaveLength(1);
    [chat] = accepted as [Wire];
    upstream.finish();
  }
  (await open()).finish();
  await endOf(coze, chat);
});
