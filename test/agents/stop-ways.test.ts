import { afterAll, beforeAll, expect, test } from 'vitest';
import { cancel, dataOf, messagesOf, namesOf, streamChat as streamCozeChat } from '../coze/chats.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { agentApp } from '../support/parley/apps.ts';
import { startCoze, type TestCoze } from '../support/parley/coze.ts';
import { openTestStore } from '../support/parley/open-test-store.ts';
import type { EventReader } from '../support/parley/read-events.ts';
import { endedTurn } from '../support/parley/stored-runs.ts';
import { stop, streamChat, type Wire } from '../support/parley/turns.ts';
import { obedient, queryFor, takeTurn } from '../support/tools/agent-turn.ts';
import { type SlowTools, startSlowTools } from '../support/tools/start-slow-tools.ts';
import { withinTime } from '../support/tools/within-time.ts';

let provider: MockProvider;
let slow: SlowTools;
let coze: TestCoze;

beforeAll(async () => {
  provider = await startMockProvider({ reply: obedient });
  slow = await startSlowTools();
  coze = await startCoze({
    apps: { agent: agentApp(slow.refs), leaving: agentApp(slow.refs) },
    provider: provider.baseUrl,
    config: {
      ...slow.config,
      coze: { cancel: 'interrupt' },
      app_settings: { leaving: { on_disconnect: 'stop' } },
      limits: { drain_time: '1ms' },
    },
  });
});
afterAll(async () => {
  await coze.close();
  await slow.close();
  await provider.close();
});

const query = () => queryFor(...slow.calls);

/** Lets the model call all tools at once. */
async function begin(app = 'agent') {
  const reader = await streamChat(coze.parley, { query: query() }, app);
  const before = await reader.readUntil(({ tool }) => typeof tool === 'string' && tool !== '');
  return { reader, turn: before[0] as Wire, ...(await slow.begun()) };
}

/** What must be true of every turn that was stopped while all its tools worked. */
async function expectKept(turn: Wire, stoppedBy: string): Promise<void> {
  const store = await openTestStore(coze.parley);
  try {
    expect(await endedTurn(store, turn.message_id)).toMatchObject({
      run: 'stopped',
      stoppedBy,
      status: 'normal',
      error: null,
      answer: 'Let me see.',
    });
    const rows = await store
      .selectFrom('thoughts')
      .selectAll()
      .where('message_id', '=', turn.message_id)
      .execute();
    expect(rows).toMatchObject([{ position: 1, text: 'Let me see.' }]);
    const uses = JSON.parse(rows[0]?.uses ?? '[]') as { name: string; output: unknown }[];
    expect(uses.map(({ name, output }) => [name, output])).toEqual(slow.calls.map(([name]) => [name, null]));
  } finally {
    await store.destroy();
  }
}

const namesAtEnd = async (reader: EventReader) => (await reader.readAll()).map(({ event }) => event);

test('the end user stops tools of all kinds that work at once', () =>
  withinTime(async () => {
    const { reader, turn, ended } = await begin();
    const at = performance.now();
    await stop(coze.parley, turn.task_id, 'u1', 'agent');
    const times = await ended();
    expect(await namesAtEnd(reader)).toEqual(['message_end']);
    await expectKept(turn, 'user');
    return Math.max(...times) - at;
  }));

test('a Coze chat is canceled', () =>
  withinTime(async () => {
    const reader = await streamCozeChat(coze, query(), { app: 'agent' });
    const chat = await reader.until('conversation.chat.created');
    await reader.until('conversation.message.completed');
    const { ended } = await slow.begun();
    const at = performance.now();
    expect(await dataOf(cancel(coze, chat))).toMatchObject({ status: 'canceled' });
    const times = await ended();
    const rest = await reader.rest();
    expect(namesOf(rest).slice(-4)).toEqual([
      'message.completed',
      'message.completed',
      'chat.completed',
      'done',
    ]);
    expect(rest.at(-4)?.data).toMatchObject({ type: 'answer', content: 'Let me see.' });
    expect(rest.at(-2)?.data).toMatchObject({ status: 'canceled' });
    const types = (await messagesOf(coze, chat)).map(({ type }) => type);
    expect(types).toEqual([...slow.calls.map(() => 'function_call'), 'answer', 'verbose']);
    return Math.max(...times) - at;
  }));

test('the server shuts down', () =>
  withinTime(async () => {
    const { reader, turn, ended } = await begin();
    const at = performance.now();
    const restarted = coze.parley.restart();
    const times = await ended();
    expect(await namesAtEnd(reader)).toEqual(['message_end']);
    await restarted;
    await expectKept(turn, 'shutdown');
    return Math.max(...times) - at;
  }));

test('its time is over', async () => {
  await coze.parley.restart({ limits: { max_execution_time: '3s' } });
  await withinTime(async () => {
    const { reader, turn, ended } = await begin();
    const times = await ended();
    expect(await namesAtEnd(reader)).toEqual(['message_end']);
    await expectKept(turn, 'timeout');
    // All of them hear of it at once.
    return Math.max(...times) - Math.min(...times);
  });
  await coze.parley.restart();
});

test('nothing begins afterwards, and the conversation goes on', async () => {
  const { reader, turn, ended } = await begin();
  await stop(coze.parley, turn.task_id, 'u1', 'agent');
  await ended();
  await reader.readAll();
  const { conversation_id } = turn;
  const asked = provider.requests.length;
  const called = slow.callee.requests.length;
  const { events } = await takeTurn(coze.parley, [], { conversation_id });
  expect(events.at(-1)).toMatchObject({ event: 'message_end' });
  expect(provider.requests.length).toBe(asked + 1);
  expect(slow.callee.requests.length).toBe(called);
  expect(provider.requests.at(-1)?.messages.slice(1)).toEqual([
    { role: 'assistant', content: 'Let me see.' },
    { role: 'user', content: '[]' },
  ]);
});

test('a client is gone, of an app that stops then', () =>
  withinTime(async () => {
    const { reader, turn, ended } = await begin('leaving');
    const at = performance.now();
    await reader.cancel();
    const times = await ended();
    await expectKept(turn, 'disconnect');
    return Math.max(...times) - at;
  }));
