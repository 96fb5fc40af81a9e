import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { Store } from '../../src/store/open-store.ts';
import type { MockReply } from '../support/mock-provider/mock-reply.ts';
import type { MockRequest } from '../support/mock-provider/mock-request.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { agentApp, chatApp, completionApp } from '../support/parley/apps.ts';
import { openTestStore } from '../support/parley/open-test-store.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { runningTurn, storedTurn } from '../support/parley/stored-runs.ts';
import { stop, streamChat, type Wire } from '../support/parley/turns.ts';
import { ANSWER, obedient, queryFor, takeTurn } from '../support/tools/agent-turn.ts';
import { writeOpenApi } from '../support/tools/openapi-document.ts';
import { type Callee, startCallee } from '../support/tools/start-callee.ts';
import { withinTime } from '../support/tools/within-time.ts';

/** Calls of a tool that hears of no stop, each with the means to end it. */
const stubborn = vi.hoisted(() => ({ calls: [] as ((text: string) => void)[] }));

// No tool that comes with Parley holds on to a run that was stopped: this one takes the place of one that could.
vi.mock('../../src/tools/builtin/openweather-tools.ts', () => ({
  openweatherTools: () => [
    {
      provider: 'openweather',
      name: 'weather',
      label: { en_US: 'Weather' },
      description: 'Takes its time.',
      parameters: { type: 'object', properties: {} },
      authored: [],
      icon: '',
      timeoutMs: null,
      executedBy: 'server',
      invoke: () =>
        new Promise((resolve) => stubborn.calls.push((text) => resolve([{ kind: 'text', text }]))),
    },
  ],
}));

const HANG = 'hang, please';
let provider: MockProvider;
let callee: Callee;
/** An MCP server that takes connections and says nothing. */
let mute: Callee;
let document: Awaited<ReturnType<typeof writeOpenApi>>;
let parley: TestParley;
let store: Store;

/** Says nothing to whoever asks it to hang, or to shorten a text. */
function reply(request: MockRequest): MockReply {
  const last = String(request.messages.at(-1)?.content);
  if (last === HANG || last.startsWith('Summarize') || last === `Translate: ${HANG}`) return { gate: true };
  const react = request.messages[0];
  if (react?.role === 'system' && String(react.content).includes('Observation')) {
    return { tokens: ['Thought: I wait.\nAction:\n```json\n{"action": "wait", "action_input": {}}\n```\n'] };
  }
  return obedient(request);
}

beforeAll(async () => {
  provider = await startMockProvider();
  callee = await startCallee(({ path }) =>
    path === '/wait' ? { hold: 'headers' } : { body: 'A long text.' },
  );
  mute = await startCallee({ hold: 'headers' });
  document = await writeOpenApi(callee.url, { wait: { path: '/wait' }, page: { path: '/page' } });
  const wait = { type: 'api', provider: 'service', tool: 'wait' };
  const app = (id: string) => ({ type: 'workflow', provider: id, tool: id });
  const shortened = { provider: 'webscraper', tool: 'webscraper', values: { generate_summary: true } };
  parley = await startParley({
    apps: {
      chat: chatApp(),
      completion: completionApp(),
      waiter: agentApp([wait, app('chat')]),
      agent: agentApp([
        ...[wait, shortened, app('chat'), app('completion'), app('waiter')],
        ...[
          { provider: 'openweather', tool: 'weather' },
          { provider: 'time', tool: 'current_time' },
        ],
      ]),
      react: agentApp([wait], { agent: { strategy: 'react' } }),
      deaf: agentApp([{ type: 'mcp', provider: 'mute', tool: 'slow' }]),
    },
    provider: provider.baseUrl,
    config: {
      tools: [
        { name: 'service', openapi: document.file },
        { name: 'mute', mcp: mute.url },
      ],
      outbound: { allow: [`127.0.0.1:${callee.port}`] },
    },
  });
  store = await openTestStore(parley);
});
beforeEach(() => provider.reply(reply));
afterAll(async () => {
  await store.destroy();
  await parley.close();
  await document.remove();
  await callee.close();
  await mute.close();
  await provider.close();
});

/** Stops a turn once `begun` resolves; tells how long its stream took to end, and how long `ended` took. */
async function stopped<T>(
  query: string,
  begun: () => Promise<T>,
  ended: (begun: T) => Promise<unknown>,
  app = 'agent',
) {
  const reader = await streamChat(parley, { query }, app);
  const before = await reader.readUntil(({ tool }) => typeof tool === 'string' && tool !== '');
  const what = await begun();
  const { task_id, message_id } = before[0] as Wire;
  const asked = provider.requests.length;
  const at = performance.now();
  const ending = ended(what).then(() => performance.now() - at);
  const stopping = stop(parley, task_id, 'u1', app);
  const rest = await reader.readAll();
  const streamMs = performance.now() - at;
  await stopping;
  expect(rest.map(({ event }) => event)).toEqual(['message_end']);
  expect(provider.requests.length).toBe(asked);
  expect(await storedTurn(store, message_id)).toMatchObject({ run: 'stopped', stoppedBy: 'user' });
  return { lag: Math.max(streamMs, await ending), message_id };
}

const hanging = (end: string) => () =>
  provider.nextRequest(
    (request) => !request.isOver && String(request.messages.at(-1)?.content).endsWith(end),
  );

test.each([
  ['of an app', queryFor(['chat', { query: HANG }]), HANG],
  ['of an app without conversation', queryFor(['completion', { text: HANG }]), HANG],
  ['of an app of an app', queryFor(['waiter', { query: queryFor(['chat', { query: HANG }]) }]), HANG],
  ['that shortens a page', 'page', 'A long text.'],
])('a model %s is left within 100 ms', (_, text, end) =>
  withinTime(async () => {
    const query = text === 'page' ? queryFor(['webscraper', { url: `${callee.url}/page` }]) : text;
    const { lag } = await stopped(query, hanging(end), (request) => request.aborted());
    return lag;
  }),
);

test.each([
  ['of an app that is a tool', queryFor(['waiter', { query: queryFor(['wait']) }]), 'agent'],
  ['of an app that writes what it wants', 'Wait.', 'react'],
])('a tool %s is left within 100 ms', (_, query, app) =>
  withinTime(async () => {
    const begun = () => callee.nextRequest(({ path }) => path === '/wait');
    const { lag } = await stopped(query, begun, (request) => request.left(), app);
    return lag;
  }),
);

test('a server whose tools are being asked for is left within 100 ms', () =>
  withinTime(async () => {
    const reader = await streamChat(parley, { query: queryFor(['slow']), user: 'deaf' }, 'deaf');
    const { taskId, messageId } = await runningTurn(store, 'deaf');
    const at = performance.now();
    await stop(parley, taskId, 'deaf', 'deaf');
    expect((await reader.readAll()).map(({ event }) => event)).toEqual(['message_end']);
    const lag = performance.now() - at;
    expect(await storedTurn(store, messageId)).toMatchObject({ run: 'stopped', answer: '' });
    return lag;
  }));

test('a tool that hears of no stop is left behind, and what it brings later is not looked at', async () => {
  const asked = () =>
    provider.requests.filter(({ messages }) => messages.some(({ role }) => role === 'tool'));
  const before = asked().length;
  const turns: string[] = [];
  await withinTime(async () => {
    const count = stubborn.calls.length;
    const begun = () => expect.poll(() => stubborn.calls.length, { interval: 1 }).toBe(count + 1);
    const query = queryFor(['weather'], ['current_time']);
    const { lag, message_id } = await stopped(query, begun, async () => {});
    turns.push(message_id);
    return lag;
  });
  for (const release of stubborn.calls.splice(0)) release('It rains.');
  const { events } = await takeTurn(parley, [['current_time']]);
  expect(events.filter(({ event }) => event === 'agent_message').map(({ answer }) => answer)).toContain(
    ANSWER,
  );
  expect(asked().length).toBe(before + 1);
  expect(JSON.stringify(provider.requests.map(({ body }) => body))).not.toContain('It rains.');
  for (const id of turns) {
    const rows = await store.selectFrom('thoughts').selectAll().where('message_id', '=', id).execute();
    expect(rows.map(({ uses }) => JSON.parse(uses))).toEqual([
      [expect.objectContaining({ output: null }), expect.objectContaining({ output: null })],
    ]);
  }
});
