import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Store } from '../../src/store/open-store.ts';
import { cancel, dataOf, messagesOf, namesOf, streamChat as streamCozeChat } from '../coze/chats.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { agentApp } from '../support/parley/apps.ts';
import { startCoze, type TestCoze } from '../support/parley/coze.ts';
import { openTestStore } from '../support/parley/open-test-store.ts';
import type { EventReader } from '../support/parley/read-events.ts';
import type { TestParley } from '../support/parley/start-parley.ts';
import { endedTurn, storedTurn } from '../support/parley/stored-runs.ts';
import { stop, streamChat, type Wire } from '../support/parley/turns.ts';
import { streamProblems } from '../support/spec/dify-spec.ts';
import { obedient, queryFor, takeTurn, type WantedCall } from '../support/tools/agent-turn.ts';
import { type SlowTools, startSlowTools } from '../support/tools/start-slow-tools.ts';
import { withinTime } from '../support/tools/within-time.ts';

let provider: MockProvider;
let slow: SlowTools;
let coze: TestCoze;
let parley: TestParley;
let store: Store;

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
  parley = coze.parley;
  store = await openTestStore(parley);
});
afterAll(async () => {
  await store.destroy();
  await coze.close();
  await slow.close();
  await provider.close();
});

/** Stops the turn at that moment, and tells how long the stream took to end, and that it ended as it must. */
async function stopped(calls: readonly WantedCall[], begun: () => Promise<unknown>) {
  const asked = provider.requests.length;
  const reader = await streamChat(parley, { query: queryFor(...calls) }, 'agent');
  const before = await reader.readUntil(({ tool }) => typeof tool === 'string' && tool !== '');
  await begun();
  const { task_id, message_id, conversation_id } = before[0] as Wire;
  const at = performance.now();
  const stopping = stop(parley, task_id, 'u1', 'agent');
  const rest = await reader.readAll();
  const streamMs = performance.now() - at;
  expect(await (await stopping).json()).toEqual({ result: 'success' });
  expect(rest.map(({ event }) => event)).toEqual(['message_end']);
  expect(streamProblems('ChunkChatEvent', rest)).toEqual([]);
  expect(provider.requests.length).toBe(asked + 1);
  expect(await storedTurn(store, message_id)).toMatchObject({
    run: 'stopped',
    stoppedBy: 'user',
    status: 'normal',
    error: null,
    answer: 'Let me see.',
  });
  const list = await parley.request('agent', 'GET', `/messages?user=u1&conversation_id=${conversation_id}`);
  const { data } = (await list.json()) as { data: [{ agent_thoughts: unknown[] }] };
  expect(data[0].agent_thoughts).toMatchObject([
    { thought: 'Let me see.', tool: calls.map(([name]) => name).join(';'), observation: '' },
  ]);
  return { at, streamMs };
}

describe('one tool', () => {
  test.each([
    ['an OpenAPI tool that has not answered', 'wait', '', '/wait'],
    ['an OpenAPI tool in the middle of its answer', 'half', '', '/half'],
    ['a page that has not answered', 'webscraper', '/wait/page', '/wait/page'],
    ['a page in the middle of its text', 'webscraper', '/half/page', '/half/page'],
    ['a reader on the web', 'jina_reader', '/x', '/jina/CALLEE/x'],
  ])('%s is left within 100 ms', (_, tool, page, path) =>
    withinTime(async () => {
      const { callee } = slow;
      const expected = path.replace('CALLEE', callee.url);
      // A page is asked for its headers first.
      const method = path === '/wait/page' ? 'HEAD' : 'GET';
      const call = callee.nextRequest((request) => request.path === expected && request.method === method);
      const args = page === '' ? {} : { url: callee.url + page };
      const { at, streamMs } = await stopped([[tool, args]], () => call);
      return Math.max((await (await call).left()) - at, streamMs);
    }),
  );

  test.each([
    ['over streamable HTTP', 'slow', () => slow.remote],
    ['over SSE', 'events_slow', () => slow.events],
  ] as const)('an MCP server %s is told within 100 ms', async (_, tool, server) => {
    await withinTime(async () => {
      const call = server().nextCall();
      const { at, streamMs } = await stopped([[tool]], () => call);
      return Math.max((await (await call).cancelled()) - at, streamMs);
    });
    const { calls, messages } = server();
    expect(messages.filter((name) => name === 'notifications/cancelled')).toHaveLength(calls.length);
  });

  test('an MCP server over its standard streams is told within 100 ms', () =>
    withinTime(async () => {
      const asked = (path: string) => slow.callee.nextRequest((request) => request.path === path);
      const { at, streamMs } = await stopped([['local_slow']], () => asked('/call'));
      await asked('/cancelled');
      return Math.max(performance.now() - at, streamMs);
    }));

  // An app has three of the four interpreters of a language: the fourth loop could not begin if one was left.
  test.each([
    ['python3', 'while True: pass', 'print(6 * 7)', 1],
    ['javascript', 'for (;;);', 'console.log(6 * 7)', 4],
  ])(
    'a busy loop of %s ends within 100 ms, and its thread with it',
    async (language, code, harmless, rounds) => {
      const warm = () => takeTurn(parley, [['simple_code', { language, code: harmless }]]);
      for (let round = 0; round < rounds; round++)
        await withinTime(async () => {
          await warm();
          return (await stopped([['simple_code', { language, code }]], async () => {})).streamMs;
        });
      expect((await warm()).observed).toEqual({ simple_code: '42\n' });
    },
  );
});

const query = () => queryFor(...slow.calls);

/** Lets the model call all tools at once. */
async function begin(app = 'agent') {
  const reader = await streamChat(parley, { query: query() }, app);
  const before = await reader.readUntil(({ tool }) => typeof tool === 'string' && tool !== '');
  return { reader, turn: before[0] as Wire, ...(await slow.begun()) };
}

/** What must be true of every turn that was stopped while all its tools worked. */
async function expectKept(turn: Wire, stoppedBy: string): Promise<void> {
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
}

const namesAtEnd = async (reader: EventReader) => (await reader.readAll()).map(({ event }) => event);

describe('tools of all kinds at once', () => {
  test('the end user stops them', () =>
    withinTime(async () => {
      const { reader, turn, ended } = await begin();
      const at = performance.now();
      await stop(parley, turn.task_id, 'u1', 'agent');
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
      const restarted = parley.restart();
      const times = await ended();
      expect(await namesAtEnd(reader)).toEqual(['message_end']);
      await restarted;
      await expectKept(turn, 'shutdown');
      return Math.max(...times) - at;
    }));

  test('its time is over', async () => {
    await parley.restart({ limits: { max_execution_time: '3s' } });
    await withinTime(async () => {
      const { reader, turn, ended } = await begin();
      const times = await ended();
      expect(await namesAtEnd(reader)).toEqual(['message_end']);
      await expectKept(turn, 'timeout');
      // All of them hear of it at once.
      return Math.max(...times) - Math.min(...times);
    });
    await parley.restart();
  });

  test('nothing begins afterwards, and the conversation goes on', async () => {
    const { reader, turn, ended } = await begin();
    await stop(parley, turn.task_id, 'u1', 'agent');
    await ended();
    await reader.readAll();
    const { conversation_id } = turn;
    const asked = provider.requests.length;
    const called = slow.callee.requests.length;
    const { events } = await takeTurn(parley, [], { conversation_id });
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
});
