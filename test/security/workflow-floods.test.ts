import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { sendChat } from '../support/parley/turns.ts';
import { growthOf } from '../support/tools/growth-of.ts';
import { writeOpenApi } from '../support/tools/openapi-document.ts';
import { type Callee, startCallee } from '../support/tools/start-callee.ts';
import {
  answerNode,
  endNode,
  graphApp,
  llmNode,
  startNode,
  type TestNode,
  templateNode,
} from '../workflow/graph-app.ts';
import { httpNode, lines, toolNode } from '../workflow/stop-support.ts';
import { finishedIn, runWorkflow, sendWorkflow, streamWorkflow } from '../workflow/workflow-turns.ts';

let provider: MockProvider;
let callee: Callee;
let document: Awaited<ReturnType<typeof writeOpenApi>>;
let parley: TestParley;

const iteration = (selector: readonly string[], more: object = {}): TestNode => ({
  ...{
    type: 'iteration',
    iterator_selector: selector,
    output_selector: ['in', 'output'],
    start_node_id: 'es',
  },
  ...more,
});
/** Gives back the JSON that the model says. */
const answering = llmNode('Go on.', {
  structured_output_enabled: true,
  structured_output: { schema: { type: 'object', properties: {} } },
});
const inEach = { type: 'iteration-start', parent: 'each' };
const object = startNode({ variable: 'o', type: 'json_object' });

function apps(url: string): Record<string, string> {
  const app = (id: string) => toolNode('workflow', id, id);
  const rounds = (more?: object) =>
    graphApp(
      'workflow',
      {
        ...{ start: startNode(), m: answering, in: { ...templateNode('x'), parent: 'each' }, es: inEach },
        each: iteration(['m', 'structured_output', 'items'], more),
        end: endNode({ out: ['each', 'output'] }),
      },
      { edges: lines('start -> m -> each -> end', 'es -> in') },
    );
  const condition = (value: string, comparison_operator: string, selector = ['start', 'o', 'text']) => ({
    type: 'if-else',
    cases: [
      {
        case_id: 'true',
        logical_operator: 'and',
        conditions: [{ variable_selector: selector, comparison_operator, value }],
      },
    ],
  });
  return {
    light: graphApp('workflow', {
      start: startNode(),
      t: templateNode('x'),
      end: endNode({ x: ['t', 'output'] }),
    }),
    rounds: rounds(),
    rounds_parallel: rounds({ is_parallel: true, parallel_nums: 1_000_000 }),
    rounds_forgiving: rounds({
      is_parallel: true,
      parallel_nums: 10,
      error_handle_mode: 'continue-on-error',
    }),
    endless: graphApp(
      'workflow',
      {
        start: startNode(),
        loop: {
          ...{ type: 'loop', loop_count: 1e9, break_conditions: [], logical_operator: 'and' },
          ...{ loop_variables: [], start_node_id: 'ls' },
        },
        ls: { type: 'loop-start', parent: 'loop' },
        end: endNode({}),
      },
      { edges: lines('start -> loop -> end') },
    ),
    chain: graphApp('workflow', {
      start: startNode(),
      ...Object.fromEntries(Array.from({ length: 2_000 }, (_, n) => [`t${n}`, templateNode('x')])),
      end: endNode({}),
    }),
    pattern: graphApp('workflow', {
      start: startNode({
        variable: 'o',
        type: 'json_object',
        json_schema: { type: 'object', properties: { text: { type: 'string', pattern: '^(\\w+\\s?)*$' } } },
      }),
      end: endNode({}),
    }),
    contains: graphApp('workflow', { start: object, if: condition('aab', 'contains'), end: endNode({}) }),
    self: graphApp('workflow', { start: startNode(), n: app('self'), end: endNode({ out: ['n', 'text'] }) }),
    ping: graphApp('workflow', { start: startNode(), n: app('pong'), end: endNode({ out: ['n', 'text'] }) }),
    pong: graphApp('workflow', { start: startNode(), n: app('ping'), end: endNode({ out: ['n', 'text'] }) }),
    ...Object.fromEntries(
      [1, 2, 3, 4, 5, 6, 7].map((at) => [
        `depth${at}`,
        graphApp('workflow', {
          start: startNode(),
          n: app(`depth${at + 1}`),
          end: endNode({ out: ['n', 'text'] }),
        }),
      ]),
    ),
    depth8: graphApp('workflow', { start: startNode(), call: httpNode(`${url}/deepest`), end: endNode({}) }),
    // Ten at once, each of which calls ten more, and so on.
    ...Object.fromEntries(
      [1, 2, 3].map((at) => [
        `fan${at}`,
        graphApp(
          'workflow',
          {
            start: startNode(),
            ...Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`n${n}`, app(`fan${at + 1}`)])),
            end: endNode({}),
          },
          { edges: Array.from({ length: 10 }, (_, n) => lines(`start -> n${n} -> end`)).flat() },
        ),
      ]),
    ),
    fan4: graphApp('workflow', { start: startNode(), call: httpNode(`${url}/fan`), end: endNode({}) }),
    chat: graphApp('advanced-chat', { start: object, answer: answerNode('{{#start.o#}}') }),
    deep: graphApp('workflow', {
      ...{
        start: startNode(),
        m: answering,
        t: templateNode('{{ o }} {{ o|tojson }}', { o: ['m', 'structured_output'] }),
      },
      end: endNode({ o: ['m', 'structured_output'] }),
    }),
    deep_chat: graphApp('advanced-chat', {
      ...{ start: startNode(), m: answering, answer: answerNode('{{#m.structured_output#}}') },
    }),
    deep_tool: graphApp('workflow', {
      ...{ start: startNode(), n: toolNode('api', 'service', 'read'), end: endNode({ o: ['n', 'json'] }) },
    }),
    echo: graphApp('workflow', { start: object, end: endNode({ o: ['start', 'o'] }) }),
  };
}

beforeAll(async () => {
  provider = await startMockProvider();
  callee = await startCallee();
  document = await writeOpenApi(callee.url, { read: { path: '/read' } });
  parley = await startParley({
    apps: apps(callee.url),
    provider: provider.baseUrl,
    config: {
      outbound: { allow: [`127.0.0.1:${callee.port}`] },
      tools: [{ name: 'service', openapi: document.file }],
    },
  });
});
beforeEach(() => provider.reply());
afterAll(async () => {
  await parley.close();
  await document.remove();
  await callee.close();
  await provider.close();
});

/** Of a run of `app` that is to come to an end. */
async function finished(app: string, inputs: object = {}) {
  return (await runWorkflow(parley, { inputs }, app)).data as { status: string; error: string | null };
}

describe('lists and rounds without end', () => {
  test.each(['rounds', 'rounds_parallel', 'rounds_forgiving'])('a million items in %s', async (app) => {
    provider.reply({ tokens: [`{"items":[1${',1'.repeat(999_999)}]}`] });
    const grown = await growthOf(async () => {
      expect(await finished(app)).toMatchObject({
        status: 'failed',
        error: 'Maximum execution steps exceeded: 501 > 500',
      });
    });
    expect(grown).toBeLessThan(500);
    expect(await finished('light')).toMatchObject({ status: 'succeeded' });
  });

  test.each(['endless', 'chain'])('of %s', async (app) => {
    expect(await finished(app)).toMatchObject({
      status: 'failed',
      error: 'Maximum execution steps exceeded: 501 > 500',
    });
  });

  test('a pattern of the author’s that a text would keep busy for years', async () => {
    const { status, error } = await finished('pattern', { o: { text: `${'a'.repeat(60)}!` } });
    expect([status, error]).toEqual(['failed', expect.stringContaining('does not match schema')]);
    expect(await finished('pattern', { o: { text: 'just words' } })).toMatchObject({ status: 'succeeded' });
  });

  test('a condition on a long text', async () => {
    expect(await finished('contains', { o: { text: 'a'.repeat(2_000_000) } })).toMatchObject({
      status: 'succeeded',
    });
  });
});

describe('values nested without end', () => {
  const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;

  test.each([90, 110, 200_000])('%i deep, from the end user', async (depth) => {
    for (const [app, path] of [
      ['echo', 'workflows/run'],
      ['chat', 'chat-messages'],
    ]) {
      const response = await fetch(`${parley.url}/v1/${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${parley.key(app as string)}`, 'content-type': 'application/json' },
        body: `{"user":"u1","query":"x","inputs":{"o":${nested(depth - 3)}}}`,
      });
      expect([response.status, await response.text()]).toEqual(
        depth < 100 ? [200, expect.stringContaining('{')] : [400, expect.stringContaining('bad_request')],
      );
    }
  });

  test.each(['deep', 'deep_chat'])('from the model, in %s', async (app) => {
    for (const depth of [90, 1_000, 5_000, 20_000, 200_000]) {
      provider.reply({ tokens: [nested(depth)] });
      const response = await (app === 'deep'
        ? sendWorkflow(parley, {}, app)
        : sendChat(parley, { query: 'x' }, app));
      const text = await response.text();
      expect(text).not.toMatch(/contact support|call stack/i);
      if (depth === 90)
        expect([response.status, text]).toEqual([
          200,
          expect.stringMatching(/("a": ?\{|\\"a\\": ?\{){90}|\{/),
        ]);
    }
    expect(await finished('light')).toMatchObject({ status: 'succeeded' });
  });

  test('from a service', async () => {
    for (const depth of [90, 1_000, 5_000, 20_000, 200_000]) {
      callee.reply({ headers: { 'content-type': 'application/json' }, body: nested(depth) });
      const response = await sendWorkflow(parley, {}, 'deep_tool');
      expect(await response.text()).not.toMatch(/contact support|call stack/i);
    }
    callee.reply();
  });
});

describe('apps that call one another', () => {
  test.each([
    ['self', 'self is already at work on this'],
    ['ping', 'ping is already at work on this'],
    ['depth1', 'apps call one another more than 5 deep'],
  ])('%s ends', async (app, error) => {
    const { data } = await runWorkflow(parley, {}, app);
    expect(JSON.stringify(data)).toContain(error);
    expect(callee.requests.filter(({ path }) => path === '/deepest')).toEqual([]);
  });

  test('ten that call ten that call ten are not a thousand', async () => {
    const events = await streamWorkflow(parley, {}, 'fan1');
    expect(JSON.stringify(finishedIn(events))).toContain('apps were called as tools more than 50 times');
    expect(callee.requests.filter(({ path }) => path === '/fan').length).toBeLessThan(50);
  });
});
