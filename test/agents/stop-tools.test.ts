import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Store } from '../../src/store/open-store.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { agentApp } from '../support/parley/apps.ts';
import { openTestStore } from '../support/parley/open-test-store.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { storedTurn } from '../support/parley/stored-runs.ts';
import { stop, streamChat, type Wire } from '../support/parley/turns.ts';
import { streamProblems } from '../support/spec/dify-spec.ts';
import { obedient, queryFor, takeTurn, type WantedCall } from '../support/tools/agent-turn.ts';
import { type SlowTools, startSlowTools } from '../support/tools/start-slow-tools.ts';
import { withinTime } from '../support/tools/within-time.ts';

let provider: MockProvider;
let slow: SlowTools;
let parley: TestParley;
let store: Store;

beforeAll(async () => {
  provider = await startMockProvider({ reply: obedient });
  slow = await startSlowTools();
  parley = await startParley({
    apps: { agent: agentApp(slow.refs) },
    provider: provider.baseUrl,
    config: slow.config,
  });
  store = await openTestStore(parley);
});
afterAll(async () => {
  await store.destroy();
  await parley.close();
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
