import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { storedTurn } from '../support/parley/stored-runs.ts';
import { textOf } from '../support/parley/turns.ts';
import { withinTime } from '../support/tools/within-time.ts';
import { answerNode, endNode, graphApp, llmNode, startNode, type TestNode } from './graph-app.ts';
import {
  allOf,
  type Begun,
  calleeAsked,
  codeNode,
  followed,
  HALF,
  httpNode,
  modelsAsked,
  NOBODY,
  type Reading,
  readRun,
  type SlowWorld,
  startSlowWorld,
  stopOnce,
  toolNode,
} from './stop-support.ts';

const BUSY = {
  python3: 'def main():\n    while True:\n        pass',
  javascript: 'function main() { for (;;); }',
};
const FINE = {
  python3: 'def main():\n    return {"out": 42}',
  javascript: 'function main() { return { out: 42 } }',
};

const model = { provider: 'openai', name: 'mock-model', mode: 'chat', completion_params: {} };
const classifier = {
  ...{ type: 'question-classifier', model, query_variable_selector: ['sys', 'user_id'], instruction: '' },
  classes: [
    { id: '1', name: 'one' },
    { id: '2', name: 'two' },
  ],
};
const extractor = (reasoning_mode: string) => ({
  ...{ type: 'parameter-extractor', model, query: ['sys', 'user_id'], instruction: '', reasoning_mode },
  parameters: [{ name: 'city', type: 'string', description: 'Where', required: true }],
});
const list = codeNode('javascript', 'function main() { return { items: [1, 2, 3, 4, 5] } }', {
  outputs: { items: { type: 'array[number]' } },
});
/** Rounds over `list`. */
const each = (more: object = {}) => ({
  ...{ type: 'iteration', iterator_selector: ['list', 'items'], output_selector: ['in', 'text'] },
  ...{ start_node_id: 'es', ...more },
});
const eachStart = { type: 'iteration-start', parent: 'each' };
const loop = {
  ...{ type: 'loop', loop_count: 50, break_conditions: [], logical_operator: 'and', loop_variables: [] },
  start_node_id: 'ls',
};
const loopStart = { type: 'loop-start', parent: 'loop' };

function apps(url: string): Record<string, string> {
  const one = (n: TestNode) => followed(url, { n }, 'start -> n -> after');
  const rounds = (more?: object) =>
    followed(
      url,
      { list, each: each(more), es: eachStart, in: llmNode('wait', { parent: 'each' }) },
      'start -> list -> each -> after',
      'es -> in',
    );
  const chat = (text: string) =>
    graphApp('advanced-chat', {
      ...{ start: startNode(), n: llmNode(text), answer: answerNode('Well, {{#n.text#}}') },
      after: httpNode(`${url}/after`),
    });
  const fine = (n: TestNode) =>
    graphApp('workflow', { start: startNode(), n, end: endNode({ out: ['n', 'out'] }) });
  return {
    llm: one(llmNode('wait')),
    llm_half: one(llmNode(HALF)),
    chat_llm: chat(HALF),
    chat_silent: chat('wait'),
    classifier: followed(url, { n: classifier }, 'start -> n', 'n:1 -> after', 'n:2 -> after'),
    extractor: one(extractor('function_call')),
    extractor_prompt: one(extractor('prompt')),
    http_headers: one(httpNode(`${url}/wait`)),
    http_body: one(httpNode(`${url}/half`)),
    http_retry: one(
      httpNode(`${url}/fail`, {
        retry_config: { retry_enabled: true, max_retries: 5, retry_interval: 200 },
      }),
    ),
    python3: one(codeNode('python3', BUSY.python3)),
    javascript: one(codeNode('javascript', BUSY.javascript)),
    python3_fine: fine(codeNode('python3', FINE.python3)),
    javascript_fine: fine(codeNode('javascript', FINE.javascript)),
    tool: one(toolNode('api', 'service', 'wait')),
    tool_half: one(toolNode('api', 'service', 'half')),
    app: one(toolNode('workflow', 'llm', 'llm')),
    app_in_app: one(toolNode('workflow', 'app', 'app')),
    sequence: rounds(),
    parallel: rounds({ is_parallel: true, parallel_nums: 3 }),
    loop: followed(
      url,
      { loop, ls: loopStart, in: httpNode(`${url}/wait/loop`, { parent: 'loop' }) },
      'start -> loop -> after',
      'ls -> in',
    ),
    nested: followed(
      url,
      {
        ...{ list, loop, ls: loopStart, es: eachStart },
        each: { ...each({ is_parallel: true, parallel_nums: 2 }), parent: 'loop' },
        in: llmNode('wait', { parent: 'each' }),
        beside: httpNode(`${url}/wait/nested`, { parent: 'each' }),
      },
      'start -> list -> loop -> after',
      'ls -> each',
      'es -> in',
      'es -> beside',
    ),
    branches: followed(
      url,
      {
        ...{ m: llmNode('wait'), h: llmNode(HALF), t: toolNode('api', 'service', 'wait') },
        ...{ r: httpNode(`${url}/wait/branch`), b: httpNode(`${url}/half/branch`) },
        c: codeNode('javascript', BUSY.javascript),
      },
      ...['m', 'h', 'r', 'b', 'c', 't'].map((id) => `start -> ${id} -> after`),
    ),
  };
}

let world: SlowWorld;

beforeAll(async () => {
  world = await startSlowWorld(apps, {
    app_settings: Object.fromEntries(Object.keys(apps('')).map((id) => [id, { max_concurrency: 1 }])),
  });
});
afterAll(() => world.close());

/** No stop in this file lets anything begin that comes after. */
afterEach(() => expect(world.callee.requests.filter(({ path }) => path === '/after')).toEqual([]));

const models = (count?: number) => () => modelsAsked(world, count);
const callee = (path: string, count?: number) => () => calleeAsked(world, path, count);

test.each<[string, string, () => Promise<Begun>]>([
  ['a model that has said nothing', 'llm', models()],
  ['a model in the middle of its answer', 'llm_half', models()],
  ['a model of a chatflow that has said nothing', 'chat_silent', models()],
  ['a question classifier', 'classifier', models()],
  ['a parameter extractor with a function', 'extractor', models()],
  ['a parameter extractor with a prompt', 'extractor_prompt', models()],
  ['a request without an answer', 'http_headers', callee('/wait')],
  ['a request in the middle of its answer', 'http_body', callee('/half')],
  ['an OpenAPI tool that has not answered', 'tool', callee('/wait')],
  ['an OpenAPI tool in the middle of its answer', 'tool_half', callee('/half')],
  ['an app as a tool', 'app', models()],
  ['an app of an app as a tool', 'app_in_app', models()],
  ['a round of an iteration', 'sequence', models()],
  ['parallel rounds of an iteration', 'parallel', models(3)],
  ['a round of a loop', 'loop', callee('/wait/loop')],
  [
    'parallel rounds with branches of an iteration in a loop',
    'nested',
    () => allOf(modelsAsked(world, 2), calleeAsked(world, '/wait/nested', 2)),
  ],
  [
    'parallel branches of all kinds',
    'branches',
    () =>
      allOf(
        modelsAsked(world, 2),
        ...['/wait/branch', '/half/branch', '/wait'].map((path) => calleeAsked(world, path)),
      ),
  ],
])('%s is left within 100 ms', (_, app, begun) =>
  withinTime(async () => (await stopOnce(world, app, begun)).lag),
);

test('what a chatflow has said is kept', async () => {
  let messageId = '';
  await withinTime(async () => {
    const { lag, reading } = await stopOnce(world, 'chat_llm', async (reading) => {
      await reading.until(({ answer }) => answer === ' said');
      return modelsAsked(world);
    });
    messageId = reading.events[0]?.message_id ?? '';
    expect(textOf(reading.events)).toBe('Well, He said');
    return lag;
  });
  expect(await storedTurn(world.store, messageId)).toMatchObject({
    ...{ run: 'stopped', stoppedBy: 'user', status: 'normal', error: null, answer: 'Well, He said' },
  });
  const { conversation_id } = await storedConversation(messageId);
  const list = await world.parley.request(
    'chat_llm',
    'GET',
    `/messages?user=u1&conversation_id=${conversation_id}`,
  );
  expect(await list.json()).toMatchObject({
    data: [{ id: messageId, answer: 'Well, He said', status: 'normal' }],
  });
});

function storedConversation(messageId: string) {
  return world.store
    .selectFrom('messages')
    .select('conversation_id')
    .where('id', '=', messageId)
    .executeTakeFirstOrThrow();
}

test('the wait before a retry is left within 100 ms, and there is no retry', async () => {
  await withinTime(async () => {
    const begun = async () => {
      for (const _ of [1, 2]) await world.callee.nextRequest(({ path }) => path === '/fail');
      return NOBODY;
    };
    const { lag, reading } = await stopOnce(world, 'http_retry', begun);
    expect(reading.events.filter(({ event }) => event === 'node_retry')).toHaveLength(1);
    return lag;
  });
  // As long as two more retries would take, in another run of the same server.
  const asked = world.callee.requests.length;
  const { reading } = await stopOnce(world, 'http_retry', async (reading) => {
    await reading.until(({ event, data }) => event === 'node_retry' && (data as Retry).retry_index === 2);
    return NOBODY;
  });
  expect(reading.events.filter(({ event }) => event === 'node_retry')).toHaveLength(2);
  expect(world.callee.requests.length).toBe(asked + 3);
});

interface Retry {
  readonly retry_index: number;
}

// An app has three of the four interpreters of a language: the fourth loop could not begin if one was left.
test.each([
  ['python3', 1],
  ['javascript', 4],
])('a busy loop of %s ends within 100 ms, and its thread with it', async (language, rounds) => {
  const fine = async () => {
    const reading = await readRun(world.parley, `${language}_fine`);
    await reading.whole;
    return reading.events.at(-1);
  };
  for (let round = 0; round < rounds; round++)
    await withinTime(async () => {
      await fine();
      const begun = async (reading: Reading) => {
        await reading.until(({ event, data }) => event === 'node_started' && (data as Named).node_id === 'n');
        return NOBODY;
      };
      return (await stopOnce(world, language, begun)).lag;
    });
  expect(await fine()).toMatchObject({ data: { status: 'succeeded', outputs: { out: 42 } } });
});

interface Named {
  readonly node_id: string;
}
