import { describe, expect, test } from 'vitest';
import {
  anyValue,
  condition,
  httpNode,
  ifNode,
  iterationNodes,
  loopNodes,
  openFactLab,
  returning,
  X_IS_YES,
} from './fact-lab.ts';
import {
  answerNode,
  endNode,
  graphApp,
  llmNode,
  startNode,
  type TestNode,
  templateNode,
} from './graph-app.ts';
import { dataOf, type Fields, finishedIn, shownIn, storyOf } from './workflow-turns.ts';

/**
 * The rows of `facts/dify-dsl-engine.md` §11: where releases of Dify have done different things with one file, what this
 * server does. Rows without a test: New Agent nodes, which no known file has.
 */
const lab = await openFactLab();
const start = startNode('x');

describe('the engine: queue (1.9+), not recursion', () => {
  const flow = lab.workflow(
    {
      ...{ start, if: ifNode(X_IS_YES), a: templateNode('a'), b: templateNode('b') },
      ...{ side: templateNode('side'), join: templateNode('joined') },
      end: endNode({ a: ['a', 'output'], b: ['b', 'output'], join: ['join', 'output'] }),
    },
    {
      edges: [
        ['start', 'if'],
        ['start', 'side'],
        ['if', 'a', 'true'],
        ['if', 'b', 'false'],
        ['a', 'join'],
        ['b', 'join'],
        ['side', 'join'],
        ['join', 'end'],
      ],
    },
  );
  test('no parallel_* events, no running index, joins over skipped branches', async () => {
    const events = await flow.stream({ x: 'yes' });
    expect(events.filter(({ event }) => event.startsWith('parallel_'))).toEqual([]);
    for (const data of [...dataOf(events, 'node_started'), ...dataOf(events, 'node_finished')]) {
      expect(data).toMatchObject({ index: 1, predecessor_node_id: null });
      expect(data).not.toHaveProperty('parallel_id');
    }
    expect(finishedIn(events).outputs).toEqual({ a: 'a', b: null, join: 'joined' });
  });
});

describe('iterations: flattened unless they say otherwise (1.10+), rounds told also when there are none', () => {
  const each = (more: Fields) =>
    lab.workflow(
      {
        ...{ start: anyValue(), ...iterationNodes('each', ['start', 'v', 'x'], ['pair', 'out'], more) },
        pair: {
          ...{ type: 'code', code_language: 'javascript', outputs: { out: { type: 'array[string]' } } },
          code: 'function main({ x }) { return { out: x === "none" ? null : [x, x] } }',
          ...{ variables: [{ variable: 'x', value_selector: ['each', 'item'] }], parent: 'each' },
        },
        end: endNode({ out: ['each', 'output'] }),
      },
      {
        edges: [
          ['start', 'each'],
          ['eachstart', 'pair'],
          ['each', 'end'],
        ],
      },
    );
  const old = each({});
  const flat = each({ flatten_output: true });
  const nested = each({ flatten_output: false });
  test('flatten_output is true by default', async () => {
    const v = { x: ['a', 'none', 'b'] };
    expect(await old.outputs({ v })).toEqual({ out: ['a', 'a', 'b', 'b'] });
    expect(await flat.outputs({ v })).toEqual({ out: ['a', 'a', 'b', 'b'] });
    expect(await nested.outputs({ v })).toEqual({ out: [['a', 'a'], null, ['b', 'b']] });
  });

  test.each([[[]], [null]])('over %j: started and completed, and nothing in between', async (x) => {
    const events = await old.stream({ v: { x } });
    expect(storyOf(events).filter((told) => told.includes('iteration'))).toEqual([
      'iteration_started each',
      'iteration_completed each',
    ]);
    expect(finishedIn(events)).toMatchObject({ status: 'succeeded', outputs: { out: [] } });
  });
});

describe('HTTP requests without retry_config: three retries, as the editor adds', () => {
  const end = endNode({ status: ['http', 'status_code'] });
  const silent = lab.workflow({ start, http: httpNode(lab.page.url, { retry_config: undefined }), end });
  const never = lab.workflow({ start, http: httpNode(lab.page.url), end });
  const asked = () => lab.page.requests.length;
  test('so that a status is a failure, after four requests', async () => {
    lab.page.reply({ status: 500 });
    const before = asked();
    const events = await silent.stream();
    expect(asked() - before).toBe(4);
    expect(dataOf(events, 'node_retry').map(({ retry_index }) => retry_index)).toEqual([1, 2, 3]);
    expect(finishedIn(events)).toMatchObject({
      status: 'failed',
      error: 'Request failed with status code 500',
    });
    expect(await never.outputs()).toEqual({ status: 500 });
    expect(asked() - before).toBe(5);
  });
});

describe('chatflows: message_end before workflow_finished (1.13.2+)', () => {
  const fine = lab.chatflow({ start, answer: answerNode('fine') });
  const partial = lab.chatflow({
    ...{ start, http: httpNode('no address', { error_strategy: 'default-value', default_value: [] }) },
    answer: answerNode('fine'),
  });
  test.each([
    ['a whole success', fine, 'succeeded'],
    ['a partial one', partial, 'partial-succeeded'],
  ] as const)('of %s', async (_, flow, status) => {
    const events = await flow.stream();
    expect(events.slice(-2).map(({ event }) => event)).toEqual(['message_end', 'workflow_finished']);
    expect(finishedIn(events)).toMatchObject({ status });
  });
});

// There are no knowledge bases here; passages that come from elsewhere are told as those of one.
describe('passages of a knowledge base: marked _source, or source by 1.13.0', () => {
  const passage = (mark: Fields) => ({
    ...{ content: 'It rains.', title: 'Weather' },
    metadata: {
      ...mark,
      dataset_id: 'd',
      document_id: 'doc',
      document_name: 'Weather',
      score: 0.5,
      position: 1,
    },
  });
  const cited = (mark: Fields, enabled = true) =>
    lab.chatflow(
      {
        ...{ start, found: returning({ result: [passage(mark)] }, { result: 'array[object]' }) },
        llm: llmNode('{{#context#}}', { context: { enabled: true, variable_selector: ['found', 'result'] } }),
        answer: answerNode('{{#llm.text#}}'),
      },
      { features: { retriever_resource: { enabled } } },
    );
  test.each([
    ['_source', cited({ _source: 'knowledge' }), ['doc']],
    ['source', cited({ source: 'knowledge' }), ['doc']],
    ['neither', cited({}), []],
    ['_source, but the app cites nothing', cited({ _source: 'knowledge' }, false), []],
  ] as const)('%s', async (_, flow, documents) => {
    const events = await flow.stream();
    const end = events.find(({ event }) => event === 'message_end') as unknown as { metadata: Fields };
    const resources = end.metadata.retriever_resources as readonly Fields[];
    expect(resources.map(({ document_id }) => document_id)).toEqual(documents);
    expect(lab.asked().at(-1)?.content).toBe('It rains.');
  });
});

describe('structured output: checked, and asked for in words too, which any model understands', () => {
  const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
  const flow = lab.workflow({
    ...{ start, llm: llmNode('Where?', { structured_output_enabled: true, structured_output: { schema } }) },
    end: endNode({ city: ['llm', 'structured_output', 'city'] }),
  });
  test('an answer that fits is an object', async () => {
    lab.provider.reply({ tokens: ['```json\n{"city": "Rome"}\n```'] });
    expect(await flow.outputs()).toEqual({ city: 'Rome' });
    expect(JSON.stringify(lab.asked())).toContain('JSON Schema');
    expect(lab.provider.requests.at(-1)?.body).toMatchObject({ response_format: { type: 'json_schema' } });
  });
  test('one that does not fails the node', async () => {
    lab.provider.reply({ tokens: ['{"city": 7}'] });
    expect(await flow.error()).toContain('Structured output validation failed');
    lab.provider.reply({ tokens: ['Rome'] });
    expect(await flow.error()).toContain('Failed to parse structured output');
  });
});

describe('reasoning: separated where the node says so (1.7+), else in its tags', () => {
  const thinking = (reasoning_format?: string) =>
    lab.chatflow({
      start,
      llm: llmNode('Think.', reasoning_format === undefined ? {} : { reasoning_format }),
      answer: answerNode('{{#llm.text#}}'),
    });
  const tagged = thinking();
  const separated = thinking('separated');
  const tokens = ['<think>', 'hm', '</think>', '\n\nYes.'];
  test('tagged', async () => {
    lab.provider.reply({ tokens });
    const events = await tagged.stream();
    expect(shownIn(events)).toBe('<think>hm</think>\n\nYes.');
    expect(events.map(({ event }) => event)).not.toContain('reasoning_chunk');
    expect(dataOf(events, 'node_finished', 'llm')).toMatchObject([{ outputs: { reasoning_content: '' } }]);
  });
  test('separated', async () => {
    lab.provider.reply({ tokens });
    const events = await separated.stream();
    expect(shownIn(events)).toBe('Yes.');
    const outputs = { text: 'Yes.', reasoning_content: 'hm' };
    expect(dataOf(events, 'node_finished', 'llm')).toMatchObject([{ outputs }]);
    const chunks = dataOf(events, 'reasoning_chunk');
    expect(chunks.map(({ reasoning }) => reasoning).join('')).toBe('hm');
    expect(chunks.at(-1)).toMatchObject({ node_id: 'llm', is_final: true });
  });
});

// The newest releases put the whole pool here, `env.*` and `conversation.*` too.
describe('outputs of a start: inputs and sys.*', () => {
  const flow = lab.chatflow(
    { start, answer: answerNode('fine') },
    {
      environment_variables: [{ id: 'e', name: 'e', value: 'env', value_type: 'string' }],
      conversation_variables: [{ id: 'c', name: 'c', value: 'said', value_type: 'string' }],
    },
  );
  test('under their names', async () => {
    const [finished] = dataOf(await flow.stream({ inputs: { x: 'given' } }), 'node_finished', 'start');
    expect(finished).toMatchObject({
      inputs: { x: 'given' },
      outputs: {
        x: 'given',
        'sys.query': 'Hi',
        'sys.files': [],
        'sys.dialogue_count': 1,
        'sys.user_id': 'u1',
      },
    });
  });
});

describe('loops: loop_next only when a round follows, and why they ended', () => {
  const variables = {
    loop_variables: [{ label: 'n', var_type: 'number', value_type: 'constant', value: '0' }],
  };
  const add: TestNode = {
    ...{ type: 'assigner', version: '2', parent: 'loop' },
    items: [{ variable_selector: ['loop', 'n'], input_type: 'constant', operation: '+=', value: 1 }],
  };
  const flow = (more: Fields, last: readonly TestNode[] = []) =>
    lab.workflow(
      {
        ...{ start, ...loopNodes('loop', 3, { ...variables, ...more }), add },
        ...Object.fromEntries(last.map((node) => ['stop', node])),
        end: endNode({ n: ['loop', 'n'], rounds: ['loop', 'loop_round'] }),
      },
      {
        edges: [
          ...[['start', 'loop'] as const, ['loopstart', 'add'] as const, ['loop', 'end'] as const],
          ...last.map(() => ['add', 'stop'] as const),
        ],
      },
    );
  const at = (n: string) => ({ break_conditions: [condition(['loop', 'n'], '≥', n)] });
  test.each([
    ['all rounds', flow({}), [1, 2], 'loop_completed', { n: 3, rounds: 3 }],
    ['a condition after two', flow(at('2')), [1], 'loop_break', { n: 2, rounds: 2 }],
    ['a condition after the last', flow(at('3')), [1, 2], 'loop_break', { n: 3, rounds: 3 }],
    ['a condition before the first', flow(at('0')), [], 'loop_break', { n: 0, rounds: null }],
    ['loop-end', flow({}, [{ type: 'loop-end', parent: 'loop' }]), [], 'loop_break', { n: 1, rounds: 1 }],
  ] as const)('%s', async (_, loop, rounds, completed_reason, outputs) => {
    const events = await loop.stream();
    expect(dataOf(events, 'loop_next').map(({ index }) => index)).toEqual(rounds);
    expect(dataOf(events, 'loop_completed')).toMatchObject([{ execution_metadata: { completed_reason } }]);
    expect(finishedIn(events)).toMatchObject({ status: 'succeeded', outputs });
  });
});

describe('booleans are a type (1.8+)', () => {
  const flow = lab.workflow({
    start: startNode({ variable: 'yes', type: 'checkbox' }),
    code: returning({ one: true, all: [true, false] }, { one: 'boolean', all: 'array[boolean]' }),
    end: endNode({ yes: ['start', 'yes'], one: ['code', 'one'], all: ['code', 'all'] }),
  });
  test('of inputs and of code', async () => {
    expect(await flow.outputs({ yes: true })).toEqual({ yes: true, one: true, all: [true, false] });
    expect(await flow.outputs({ yes: 'false' })).toMatchObject({ yes: false });
  });
});

// This server has neither: their files are refused, and not run without them.
describe('human input (1.13+) and triggers (1.10+)', () => {
  const refused = ['human-input', 'trigger-webhook', 'trigger-schedule', 'trigger-plugin'].map(
    (type) =>
      [
        type,
        lab.app(graphApp('workflow', { start, it: { type, title: 'Waits' }, end: endNode({}) })),
      ] as const,
  );
  test.each(refused)('%s is refused by its name', async (type, app) => {
    expect(() => lab.parley.key(app)).toThrow();
    const told = lab.parley.log
      .map((line) => JSON.stringify(line))
      .filter((line) => line.includes(type) && line.includes(app));
    expect(told).not.toEqual([]);
  });
});

describe('an end needs no value_type (0.5.0)', () => {
  const output = { variable: 'x', value_selector: ['start', 'x'] };
  const flows = [output, { ...output, value_type: 'string' }, { ...output, value_type: 'number' }].map(
    (one) => lab.workflow({ start, end: { type: 'end', outputs: [one] } }),
  );
  test('and pays no heed to it', async () => {
    for (const flow of flows) expect(await flow.outputs({ x: 'same' })).toEqual({ x: 'same' });
  });
});

describe('agent nodes (0.1.5+)', () => {
  const constant = (value: unknown) => ({ type: 'constant', value });
  const model = { provider: 'openai', model: 'mock-model', mode: 'chat', model_type: 'llm' };
  const flow = lab.workflow({
    start,
    agent: {
      ...{ type: 'agent', output_schema: null, agent_strategy_name: 'function_calling' },
      ...{ agent_strategy_provider_name: 'langgenius/agent/agent', agent_strategy_label: 'FunctionCalling' },
      agent_parameters: { model: constant(model), tools: constant([]), query: constant('{{#start.x#}}') },
    },
    end: endNode({ text: ['agent', 'text'] }),
  });
  test('answer', async () => {
    expect(await flow.outputs({ x: 'Well?' })).toEqual({ text: 'Hello there' });
    expect(lab.asked().at(-1)).toMatchObject({ role: 'user', content: 'Well?' });
  });
});
