import { describe, expect, test } from 'vitest';
import { ParleyError } from '../../../errors.ts';
import {
  fakeHistory,
  fakeModels,
  file,
  model,
  part,
  type RunOptions,
  runNode,
  type Script,
} from '../model/fake-models.fixture.ts';
import { node, readOrThrow } from '../workflow.fixture.ts';
import { questionClassifier } from './question-classifier.ts';

const classes = [
  { id: '1', name: 'Sales' },
  { id: '2', name: 'Support', label: 'Help' },
  { id: 'c3', name: 'Rest' },
];
const more = {
  nodes: ['1', '2', 'c3'].map((id) => node(`to ${id}`, 'give', { gives: {} })),
  edges: ['x:1 -> to 1', 'x:2 -> to 2', 'x:c3 -> to c3'],
};

async function classify(data: object, script: Script = {}, options: RunOptions = {}) {
  const fake = fakeModels([script]);
  const run = await runNode(
    'question-classifier',
    { query_variable_selector: ['n', 'q'], classes, instruction: '', ...data },
    fake,
    { more: more as never, values: { q: 'Help me' }, ...options },
  );
  const taken = run.story.filter((line) => line.startsWith('start to')).map((line) => line.slice(9));
  const messages = fake.requests[0]?.messages ?? [];
  const last = messages.at(-1)?.content as string;
  return { ...run, ...fake, taken, messages, last };
}

describe('the answer', () => {
  test.each<readonly [string, string]>([
    ['{"category_id": "2", "category_name": "Support"}', '2'],
    ['```json\n{"keywords": [], "category_id": "c3", "category_name": "Rest"}\n```', 'c3'],
    ['<think>{"category_id": "1", "category_name": ""}</think>{"category_id":"2","category_name":"x"}', '2'],
    ['{"category_id": 2, "category_name": "Support"}', '2'],
    ["{'category_id': '2', 'category_name': 'Support'}", '2'],
    // Whatever is wrong with it, the first class is taken.
    ['Support', '1'],
    ['', '1'],
    ['{"category_id": "9", "category_name": "Other"}', '1'],
    ['{"category_id": "2"}', '1'],
    ['{"category_name": "Support"}', '1'],
    ['{"category_id": {"toString": 1, "valueOf": 2}, "category_name": "Support"}', '1'],
    ['{"category_id": ["2"], "category_name": "Support"}', '1'],
    ['{"category_id": "2", "category_name": "Support"', '1'],
    ['[]', '1'],
  ])('%s takes %s', async (answer, id) => {
    const { taken, node: ended, outcome } = await classify({}, { says: [answer] });
    expect([taken, ended.handle, ended.status, outcome.error]).toEqual([[id], id, 'succeeded', null]);
    expect(ended.outputs.class_id).toBe(id);
  });

  test('outputs, and what is told of the node', async () => {
    const { node: ended, used } = await classify(
      {},
      { says: ['{"category_id":"2",', '"category_name":""}'] },
    );
    expect(ended.outputs).toEqual({
      ...{ class_name: 'Support', class_label: 'Help', class_id: '2' },
      usage: expect.objectContaining({ total_tokens: 15, currency: 'USD', latency: expect.any(Number) }),
    });
    expect(ended.usage).toEqual({ tokens: 15, price: '0.105', currency: 'USD' });
    expect(ended.inputs).toEqual({ query: 'Help me', model_provider: 'openai', model_name: 'gpt-4o' });
    expect(ended.processData).toMatchObject({
      ...{ model_mode: 'chat', finish_reason: 'stop', model_provider: 'openai', model_name: 'gpt-4o' },
      usage: { total_tokens: 15 },
      prompts: [{ role: 'system' }, {}, {}, {}, {}, { role: 'user' }],
    });
    expect(used).toHaveLength(1);
    expect((await classify({}, { says: ['?'] })).node.outputs.class_label).toBe('CLASS 1');
  });

  test('nothing of it streams', async () => {
    const shown = node('a', 'answer', { answer: '{{#x.class_name#}}' });
    const { chunks } = await classify(
      {},
      { says: ['{"category_id":"2",', '"category_name":""}'] },
      { more: { nodes: [shown], edges: ['x:2 -> a'] } as never },
    );
    expect(chunks).toEqual(['Support']);
  });
});

describe('the prompt', () => {
  test('job, two examples, the text', async () => {
    const { messages, last } = await classify(
      { instruction: 'Mind {{#n.tone#}}.' },
      {},
      {
        values: { q: 'Say "hi"', tone: 'the tone' },
      },
    );
    expect(messages.map(({ role }) => role)).toEqual([
      ...['system', 'user', 'assistant', 'user', 'assistant', 'user'],
    ]);
    expect(JSON.parse(last)).toEqual({
      input_text: 'Say "hi"',
      categories: [
        { category_id: '1', category_name: 'Sales' },
        { category_id: '2', category_name: 'Support' },
        { category_id: 'c3', category_name: 'Rest' },
      ],
      classification_instructions: 'Mind the tone.',
    });
    // Examples look like what is asked for.
    expect(Object.keys(JSON.parse(messages[1]?.content as string))).toEqual(Object.keys(JSON.parse(last)));
    expect(JSON.parse(messages[2]?.content as string)).toMatchObject({ category_id: 'c1' });
  });

  test('references of names are filled in, for the model also those that they bring', async () => {
    const values = { q: 'q', a: 'A {{#n.b#}} {{#env.KEY#}}', b: 'B' };
    const { last, node: ended } = await classify(
      { classes: [{ id: '1', name: 'Is {{#n.a#}}' }], instruction: '{{#n.a#}}' },
      {},
      { values },
    );
    const asked = JSON.parse(last);
    expect(asked.categories).toEqual([{ category_id: '1', category_name: 'Is A B env.KEY' }]);
    expect(asked.classification_instructions).toBe('A B env.KEY');
    expect(ended.outputs.class_name).toBe('Is A {{#n.b#}} {{#env.KEY#}}');
  });

  test('so are those of the query, but for the environment', async () => {
    const { last, events } = await classify(
      {},
      {},
      { values: { q: '{{#n.b#}} {{#env.KEY#}} {{#n.c#}}', b: 'B' } },
    );
    expect(JSON.parse(last).input_text).toBe('B env.KEY n.c');
    expect(JSON.stringify(events)).not.toContain('sk-secret-1');
  });

  test.each<readonly [object, string, unknown]>([
    [{}, '', null],
    [{ q: null }, '', null],
    [{ q: ['a'] }, '["a"]', ['a']],
    [{ q: 5 }, '5', 5],
  ])('a query of %j', async (values, text, input) => {
    const { last, node: ended } = await classify({}, {}, { values: values as never });
    expect([JSON.parse(last).input_text, ended.inputs.query]).toEqual([text, input]);
  });

  test('memory is text of the job', async () => {
    const history = fakeHistory(3);
    const { messages } = await classify(
      { memory: { window: { enabled: false, size: 2 } } },
      {},
      { services: { history } },
    );
    expect(messages[0]?.content).toContain(
      '\nHuman: question 2\nAssistant: answer 2\nHuman: question 3\nAssistant: answer 3\n',
    );
    expect(messages).toHaveLength(6);
    expect(history.asked).toEqual([{ turns: 2, maxTokens: expect.any(Number) }]);
    const without = await classify({}, {}, { services: { history: fakeHistory(3) } });
    expect(without.messages[0]?.content).not.toContain('question');
  });

  test('files go before the text', async () => {
    const { messages } = await classify(
      { vision: { enabled: true, configs: { variable_selector: ['sys', 'files'], detail: 'low' } } },
      {},
      { system: { files: [file('f')] } },
    );
    expect(messages.at(-1)?.content).toEqual([part('f', 'low'), { kind: 'text', text: expect.any(String) }]);
  });

  test('a model that continues a text gets one', async () => {
    const { messages, taken } = await classify(
      { model: { ...model, mode: 'completion' }, memory: {} },
      { says: [' {"category_id": "2", "category_name": "Support"}'] },
      { services: { history: fakeHistory(1) } },
    );
    expect(messages).toHaveLength(1);
    expect(messages[0]?.content).toMatch(/question 1[\s\S]*"input_text":"Help me"[\s\S]*Output:$/);
    expect(taken).toEqual(['2']);
  });

  test('parameters and stop words', async () => {
    const completion_params = { temperature: '{{#n.t#}}', stop: ['x'] };
    const { requests } = await classify(
      { model: { ...model, completion_params } },
      {},
      { values: { t: '0.5' } },
    );
    expect(requests[0]).toMatchObject({ params: { temperature: 0.5 }, stop: ['x'] });
  });
});

test('a model that does not answer fails the node, which knows no retries', async () => {
  const fails = new ParleyError('provider_rate_limited', 400, 'slow down');
  const retry_config = { retry_enabled: true, max_retries: 3, retry_interval: 0 };
  const { node: ended, requests, used } = await classify({ retry_config }, { says: ['{'], fails });
  expect(ended).toMatchObject({
    ...{
      status: 'failed',
      error: 'slow down',
      errorType: 'InvokeRateLimitError',
      inputs: { query: 'Help me' },
    },
    processData: { prompts: expect.any(Array) },
    usage: { tokens: expect.any(Number) },
  });
  expect([requests.length, used.length]).toEqual([1, 1]);
});

test('a stop reaches the model', async () => {
  const controller = new AbortController();
  const fake = fakeModels([{ hangs: true }]);
  const data = { query_variable_selector: ['n', 'q'], classes };
  const running = runNode('question-classifier', data, fake, { signal: controller.signal });
  await fake.hanging;
  controller.abort(new Error('Stopped by user.'));
  await fake.aborted;
  expect((await running).outcome.status).toBe('stopped');
});

test('what can never run is refused', () => {
  const read = (data: object) => () =>
    readOrThrow([node('start', 'start'), node('x', 'question-classifier', data as never)], []);
  const data = { model, query_variable_selector: ['n', 'q'], classes };
  expect(read({ ...data, instructions: 'old', topics: [], instruction: null })).not.toThrow();
  expect(read({ ...data, classes: [] })).toThrow('classes');
  expect(read({ ...data, model: undefined })).toThrow('model');
});

test('branches, needs and references', () => {
  const config = questionClassifier.config.parse({
    ...{ model, query_variable_selector: ['n', 'q'], instruction: '{{#n.i#}}', vision: { enabled: true } },
    classes: [
      { id: 7, name: '{{#n.c#}}' },
      { id: 'b', name: null },
    ],
  });
  expect(questionClassifier.branches?.(config)).toEqual(['7', 'b']);
  expect(questionClassifier.needs?.(config)).toMatchObject([{ kind: 'model', provider: 'openai' }]);
  expect(questionClassifier.references?.(config)?.map((one) => one.join('.'))).toEqual([
    ...['n.q', 'n.i', 'n.c', 'sys.files'],
  ]);
});
