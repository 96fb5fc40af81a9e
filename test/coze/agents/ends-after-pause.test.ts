import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../../../src/store/open-store.ts';
import type { MockRequest } from '../../support/mock-provider/mock-request.ts';
import { type MockProvider, startMockProvider } from '../../support/mock-provider/start-mock-provider.ts';
import { agentApp } from '../../support/parley/apps.ts';
import { startCoze, type TestCoze } from '../../support/parley/coze.ts';
import { openTestStore } from '../../support/parley/open-test-store.ts';
import { runningTurn } from '../../support/parley/stored-runs.ts';
import { stop } from '../../support/parley/turns.ts';
import {
  beginChat,
  type ChatEvent,
  type ChatReader,
  cancel,
  codeOf,
  dataOf,
  endOf,
  fail,
  messagesOf,
  namesOf,
  retrieve,
  type Wire,
  wholeChat,
} from '../chats.ts';
import {
  DEVICE,
  locate,
  locateCall,
  outputsFor,
  resume,
  rounds,
  streamOn,
  submit,
  waitingChat,
} from './device.ts';

let provider: MockProvider;
let coze: TestCoze;
let store: Store;

beforeAll(async () => {
  provider = await startMockProvider();
});
afterAll(() => provider.close());

const open = () => provider.nextRequest((request) => !request.isOver);
const isHeld = ({ body }: MockRequest) => JSON.stringify(body).includes('"tool"');

/** A chat that waits; when it goes on, the test speaks for the model. */
function waiting(more: Record<string, unknown> = {}): Promise<Wire> {
  const usage = { prompt_tokens: 20, completion_tokens: 2 };
  provider.reply(rounds({ tokens: ['Let me see.'], toolCalls: [locateCall] }, { gate: true, usage }));
  return waitingChat(coze, 'Where am I?', more);
}

interface GoingOn {
  readonly chat: Wire;
  readonly reader: ChatReader;
  readonly upstream: MockRequest;
}

/** The same when it goes on, has said "In" and has not ended. */
async function goingOn(more: Record<string, unknown> = {}): Promise<GoingOn> {
  const chat = await waiting(more);
  const reader = await streamOn(coze, chat, 'Rome');
  const upstream = await provider.nextRequest((request) => !request.isOver && isHeld(request));
  upstream.send('In');
  let said = await reader.until('conversation.message.delta');
  while (said.content !== 'In') said = await reader.until('conversation.message.delta');
  return { chat, reader, upstream };
}

const SAID = 'Let me see.\nIn';
const worked = ['function_call', 'tool_response'];
const typesOf = (messages: readonly Wire[]) => messages.map(({ type }) => type);
const finishReasonOf = (events: readonly ChatEvent[]) => {
  const verbose = events.find(({ data }) => data.type === 'verbose')?.data.content;
  return JSON.parse(JSON.parse(String(verbose)).data).finish_reason as number;
};

describe('what ends a chat that goes on', () => {
  beforeAll(async () => {
    coze = await startCoze({
      apps: { agent: agentApp([locate]), leaving: agentApp([locate]) },
      provider: provider.baseUrl,
      config: {
        tools: [DEVICE],
        coze: { cancel: 'interrupt' },
        app_settings: { leaving: { on_disconnect: 'stop' } },
        limits: { drain_time: '20ms' },
      },
    });
    store = await openTestStore(coze.parley);
  });
  afterAll(async () => {
    await store.destroy();
    await coze.close();
  });

  test('a stop over Dify closes the request to the model; what was said before the pause and after is kept', async () => {
    const { chat, reader, upstream } = await goingOn();
    const { taskId } = await runningTurn(store, 'u1');
    expect((await stop(coze.parley, taskId, 'u1', 'agent')).status).toBe(200);
    await upstream.aborted();
    const rest = await reader.rest();
    expect(namesOf(rest)).toEqual(['message.completed', 'message.completed', 'chat.completed', 'done']);
    expect([rest[0]?.data.content, finishReasonOf(rest)]).toEqual([SAID, 1]);
    expect(rest[2]?.data).toMatchObject({ id: chat.id, status: 'completed' });
    // Of the second model call what had been used is counted, beside the first's.
    const usage = rest[2]?.data.usage as { readonly input_count: number } | undefined;
    expect(usage?.input_count).toBeGreaterThan(10);
    expect(typesOf(await messagesOf(coze, chat))).toEqual([...worked, 'answer', 'verbose']);
    expect(await codeOf(submit(coze, chat, outputsFor(chat)))).toBe(4000);
  });

  test('a cancel that interrupts closes it too', async () => {
    const { chat, reader, upstream } = await goingOn();
    expect((await dataOf(cancel(coze, chat))).status).toBe('canceled');
    await upstream.aborted();
    const rest = await reader.rest();
    expect(rest.at(-2)).toMatchObject({ event: 'conversation.chat.completed', data: { status: 'canceled' } });
    expect(await retrieve(coze, chat)).toMatchObject({ status: 'canceled' });
  });

  test('a client that leaves ends it where the owner says so, and only then', async () => {
    const left = await goingOn({ app: 'leaving' });
    await left.reader.cancel();
    await left.upstream.aborted();
    expect(await endOf(coze, left.chat)).toMatchObject({ status: 'completed' });
    expect((await messagesOf(coze, left.chat)).find(({ type }) => type === 'answer')?.content).toBe(SAID);

    const { chat, reader, upstream } = await goingOn();
    await reader.cancel();
    upstream.send(' Rome');
    upstream.finish();
    expect(await endOf(coze, chat)).toMatchObject({
      status: 'completed',
      usage: { input_count: 30, output_count: 3 },
    });
  });

  test('a client that leaves while the chat waits ends nothing', async () => {
    const chat = await waiting({ app: 'leaving' });
    await resume(coze, chat);
    const upstream = await open();
    expect(await retrieve(coze, chat)).toMatchObject({ status: 'in_progress' });
    upstream.finish();
    expect(await endOf(coze, chat)).toMatchObject({ status: 'completed' });
  });

  test('a model that fails: the chat has failed, and what was said and done can be read', async () => {
    const { chat, reader, upstream } = await goingOn();
    fail(upstream);
    const rest = await reader.rest();
    expect(namesOf(rest)).toEqual(['chat.failed', 'done']);
    expect(rest[0]?.data).toMatchObject({
      status: 'failed',
      completed_at: null,
      failed_at: expect.any(Number),
      last_error: { msg: expect.stringMatching(/overloaded/) },
    });
    expect(await retrieve(coze, chat)).toEqual(rest[0]?.data);
    const messages = await messagesOf(coze, chat);
    expect(typesOf(messages)).toEqual([...worked, 'answer']);
    expect(messages.at(-1)?.content).toBe(SAID);
    expect(await codeOf(cancel(coze, chat))).toBe(4104);
  });

  test('a server that shuts down: the stream has its last event, and what was said is there at the next start', async () => {
    const { chat, reader, upstream } = await goingOn();
    const restarted = coze.parley.restart();
    const rest = await reader.rest();
    await restarted;
    expect(upstream.wasAborted).toBe(true);
    expect(namesOf(rest)).toEqual(['chat.failed', 'done']);
    const now = await retrieve(coze, chat);
    expect(now).toMatchObject({
      status: 'failed',
      last_error: { code: 5000, msg: expect.stringMatching(/shut down/) },
    });
    expect(now).toEqual(rest[0]?.data);
    const messages = await messagesOf(coze, chat);
    expect([typesOf(messages), messages.at(-1)?.content]).toEqual([[...worked, 'answer'], SAID]);
    // Its conversation is free.
    provider.reply({ tokens: ['Hello.'] });
    const { conversation_id } = chat;
    expect(await wholeChat(coze, 'Hi', { app: 'agent', conversation_id })).toMatchObject({
      status: 'completed',
    });
  });
});

describe('max_execution_time', () => {
  beforeEach(async () => {
    coze = await startCoze({
      apps: { agent: agentApp([locate]) },
      provider: provider.baseUrl,
      config: { tools: [DEVICE], limits: { max_execution_time: '1s' } },
    });
  });
  afterEach(() => coze.close());

  test('bounds each time that the chat runs, and not how long it waits', async () => {
    const [first, second] = [await waiting(), await waiting()];
    provider.reply({ gate: true });
    // Both take as long as a chat may.
    const slow = await beginChat(coze, 'Hi', { app: 'agent' });
    const rest = await (await streamOn(coze, second)).rest();
    expect(await endOf(coze, slow)).toMatchObject({ status: 'failed' });
    expect(rest.at(-2)).toMatchObject({
      event: 'conversation.chat.failed',
      data: { status: 'failed', last_error: { code: 5000, msg: expect.stringMatching(/longer than this/) } },
    });
    const messages = await messagesOf(coze, second);
    expect([typesOf(messages), messages.at(-1)?.content]).toEqual([[...worked, 'answer'], 'Let me see.']);

    provider.reply({ tokens: ['Rome.'] });
    await resume(coze, first);
    expect(await endOf(coze, first)).toMatchObject({ status: 'completed' });
  });
});
