import { describe, expect, test } from 'vitest';
import { ParleyError } from '../../../errors.ts';
import { UpstreamError } from '../../../models/upstream-error.ts';
import {
  type FakeModels,
  fakeModels,
  model,
  type RunOptions,
  runNode,
} from '../model/fake-models.fixture.ts';
import { node, readOrThrow } from '../workflow.fixture.ts';
import { llm } from './llm.ts';

const prompt_template = [{ role: 'user', text: 'q' }];
const shown = { nodes: [node('a', 'answer', { answer: '[{{#x.text#}}]' })], edges: ['x -> a'] };
const run = (data: object, fake: FakeModels, options: RunOptions = {}) =>
  runNode('llm', { prompt_template, ...data }, fake, { more: shown as never, ...options });
const cut = () =>
  new ParleyError('completion_request_error', 400, 'gone', { cause: new UpstreamError('cut', 'gone') });

describe('what comes of an answer', () => {
  test('it streams, and ends with an empty piece', async () => {
    const { chunks, story } = await run({}, fakeModels([{ says: ['Hel', '', 'lo'] }]));
    expect(chunks).toEqual(['[', 'Hel', 'lo', '', ']']);
    expect(story.indexOf('"Hel"')).toBeGreaterThan(story.indexOf('start x'));
    expect(story.indexOf('""')).toBeLessThan(story.indexOf('finish x'));
  });

  test('outputs, usage and what is told of the node', async () => {
    const fake = fakeModels([{ says: ['Hello'], result: { finishReason: 'length' } }]);
    let now = 1000;
    const clock = { now: () => (now += 500), sleep: async () => {} };
    const { node: ended, outcome } = await run({}, fake, { services: { clock } });
    const usage = {
      ...{ prompt_tokens: 10, prompt_unit_price: '1', prompt_price_unit: '0.001', prompt_price: '0.010' },
      ...{ completion_tokens: 5, completion_unit_price: '2', completion_price_unit: '0.001' },
      ...{ completion_price: '0.05', total_tokens: 15, total_price: '0.105', currency: 'USD' },
      ...{ latency: 1, time_to_first_token: 0.5, time_to_generate: 0.5 },
    };
    expect(ended.outputs).toEqual({ text: 'Hello', reasoning_content: '', usage, finish_reason: 'length' });
    expect(ended.processData).toEqual({
      ...{ model_mode: 'chat', prompts: [{ role: 'user', text: 'q', files: [] }], usage },
      ...{ finish_reason: 'length', model_provider: 'openai', model_name: 'gpt-4o' },
    });
    expect(ended.usage).toEqual({ tokens: 15, price: '0.105', currency: 'USD' });
    expect(outcome.usage).toEqual(ended.usage);
    expect(fake.used).toEqual([
      {
        ...{ promptTokens: 10, completionTokens: 5 },
        ...{ promptPrice: '0.010', completionPrice: '0.05', totalPrice: '0.105' },
      },
    ]);
  });

  test('tokens are counted when the provider reports none', async () => {
    const fake = fakeModels([
      { says: ['The quick brown fox jumps over the lazy dog.'], result: { usage: null } },
    ]);
    const { node: ended } = await run({}, fake);
    expect(ended.outputs.usage).toMatchObject({ prompt_tokens: 7, completion_tokens: 10, total_tokens: 17 });
    expect(fake.used).toMatchObject([{ promptTokens: 7, completionTokens: 10 }]);
  });

  test('a model that says nothing has an empty text', async () => {
    const { node: ended, chunks } = await run({}, fakeModels([{}]));
    expect(ended.outputs).toMatchObject({ text: '', usage: { time_to_first_token: null } });
    expect(chunks).toEqual(['[', '', ']']);
  });
});

describe('reasoning', () => {
  const says = [
    { kind: 'reasoning', text: 'Let ' },
    { kind: 'reasoning', text: 'me.' },
    'So',
    ': 4',
  ] as const;
  const reports = ({ events }: Awaited<ReturnType<typeof run>>) =>
    events.flatMap((event) => (event.kind === 'node_reported' ? [event.report] : []));

  test('stays in the text between tags', async () => {
    const played = await run({ reasoning_format: 'tagged' }, fakeModels([{ says }]));
    expect(played.node.outputs).toMatchObject({
      text: '<think>\nLet me.\n</think>So: 4',
      reasoning_content: '',
    });
    expect(played.chunks.join('')).toBe('[<think>\nLet me.\n</think>So: 4]');
    expect(reports(played)).toEqual([]);
  });

  test('is taken out of the text, and told apart', async () => {
    const played = await run({ reasoning_format: 'separated' }, fakeModels([{ says }]));
    expect(played.node.outputs).toMatchObject({ text: 'So: 4', reasoning_content: 'Let me.' });
    expect(played.chunks).toEqual(['[', 'So', ': 4', '', ']']);
    const told = reports(played).flatMap((report) => (report.kind === 'reasoning' ? [report] : []));
    expect(told.map(({ text }) => text).join('')).toBe('Let me.');
    expect(told.length).toBeGreaterThan(2);
    expect(told.map(({ final }) => final)).toEqual([...told.slice(1).map(() => false), true]);
  });

  test('a secret in it is masked, in whatever pieces it comes', async () => {
    const thoughts = ['It is sk-', 'SEC', 'ret-1, or sk-sec', 'ret-', '1.'].map(
      (text) => ({ kind: 'reasoning', text }) as const,
    );
    const played = await run({ reasoning_format: 'separated' }, fakeModels([{ says: [...thoughts, 'So'] }]));
    const told = reports(played).map((report) => (report.kind === 'reasoning' ? report.text : ''));
    expect(told.join('')).toBe(`It is ${'*'.repeat(20)}, or ${'*'.repeat(20)}.`);
    expect(told[0]).toBe('It is ');
  });

  test('also where the model writes tags, in pieces', async () => {
    const pieces = ['<th', 'INK time="3', '">\nhm</', 'think>\n\n Yes', ' <b>'];
    const played = await run({ reasoning_format: 'separated' }, fakeModels([{ says: pieces }]));
    expect(played.node.outputs).toMatchObject({ text: 'Yes <b>', reasoning_content: 'hm' });
    expect(played.chunks.join('')).toBe('[Yes <b>]');
  });

  test('of an answer without any, nothing is told', async () => {
    const played = await run({ reasoning_format: 'separated' }, fakeModels([{ says: ['Yes'] }]));
    expect(reports(played)).toEqual([]);
  });
});

describe('structured output', () => {
  const schema = {
    type: 'object',
    properties: { n: { type: 'number' }, list: { type: 'array', items: { type: 'string' } } },
    required: ['n'],
  };
  const structured = { structured_output_enabled: true, structured_output: { schema } };

  test('is asked for in parameters and in words, and read from the answer', async () => {
    const completion_params = { temperature: 0, response_format: 'text', json_schema: '{}' };
    const fake = fakeModels([{ says: ['```json\n{"n": 1, "list": ["a"]}', '\n```'] }]);
    const { node: ended, chunks } = await run(
      { ...structured, model: { ...model, completion_params } },
      fake,
    );
    expect(ended.outputs.structured_output).toEqual({ n: 1, list: ['a'] });
    expect(fake.requests[0]?.params).toEqual({
      temperature: 0,
      response_format: { type: 'json_schema', json_schema: { name: 'structured_output', schema } },
    });
    const [system, user] = fake.requests[0]?.messages ?? [];
    expect(system?.role).toBe('system');
    expect(system?.content).toContain(JSON.stringify(schema));
    expect(user).toEqual({ role: 'user', content: 'q' });
    expect(chunks.join('')).toBe('[```json\n{"n": 1, "list": ["a"]}\n```]');
  });

  test('the words join the system message that there is', async () => {
    const fake = fakeModels([{ says: ['{"n": 1}'] }]);
    const prompt = [{ role: 'system', text: 'Be good.' }, ...prompt_template];
    await run(
      { structured_output_switch_on: true, structured_output: { schema }, prompt_template: prompt },
      fake,
    );
    expect(fake.requests[0]?.messages.map(({ role }) => role)).toEqual(['system', 'user']);
    expect(fake.requests[0]?.messages[0]?.content).toMatch(/^Be good\.\n\n/);
  });

  test('a schema that a strict provider can hold its model to is strict', async () => {
    const fake = fakeModels([{ says: ['{"n": 1}'] }]);
    const strict = {
      type: 'object',
      properties: { n: { type: 'number' } },
      required: ['n'],
      additionalProperties: false,
    };
    await run({ ...structured, structured_output: { schema: strict } }, fake);
    expect(fake.requests[0]?.params.response_format).toMatchObject({ json_schema: { strict: true } });
  });

  test('of reasoning and slightly broken JSON', async () => {
    const says = ['<think>{"n": "no"}</think>', "Here: {'n': 2, 'list': ['x',],}"];
    const { node: ended } = await run(structured, fakeModels([{ says }]));
    expect(ended.outputs.structured_output).toEqual({ n: 2, list: ['x'] });
  });

  test.each([
    ['no json', /^Failed to parse structured output \(stage=result, path=\$\)/],
    ['[1]', /^Failed to parse structured output/],
    ['{"n": "1"}', /^Structured output validation failed \(stage=result, path=\$\): n: /],
    ['{}', /^Structured output validation failed/],
  ])('%s fails the node, and what was said is taken back by a retry', async (said, message) => {
    const fake = fakeModels([{ says: [said] }, { says: ['{"n": 3}'] }]);
    const retry_config = { retry_enabled: true, max_retries: 1, retry_interval: 0 };
    const { node: ended, events } = await run({ ...structured, retry_config }, fake);
    const retried = events.find((event) => event.kind === 'node_retried');
    expect(retried).toMatchObject({
      error: expect.stringMatching(message),
      errorType: 'LLMNodeError',
      outputs: { text: said },
      usage: { tokens: 15 },
    });
    expect(events.find((event) => event.kind === 'text_withdrawn')).toMatchObject({ length: said.length });
    expect(ended.outputs.structured_output).toEqual({ n: 3 });
    expect(fake.used).toHaveLength(2);
  });

  test('a pattern that takes for ever fails the node, and soon', async () => {
    const slow = { type: 'object', properties: { n: { type: 'string', pattern: '^(a+)+$' } } };
    const says = [JSON.stringify({ n: `${'a'.repeat(40)}!` })];
    const { node: ended } = await run(
      { ...structured, structured_output: { schema: slow } },
      fakeModels([{ says }]),
    );
    expect(ended).toMatchObject({ status: 'failed', errorType: 'LLMNodeError' });
    expect(ended.error).toContain('took too long');
  });

  test('without a schema the file is refused', () => {
    for (const structured_output of [undefined, {}, { schema: 'x' }, { schema: [] }]) {
      const data = { prompt_template, model, structured_output_enabled: true, structured_output };
      const read = () => readOrThrow([node('start', 'start'), node('x', 'llm', data)], [], { kinds: [llm] });
      expect(read).toThrow('Invalid structured output schema (stage=schema, path=$.schema)');
    }
  });
});

describe('failures', () => {
  const refused = (status: number | null, message: string, code: string | null = null) =>
    new UpstreamError('refused', message, { status, code }).toParleyError();

  test.each([
    [refused(401, 'no'), 'InvokeAuthorizationError', 'Incorrect API key provided'],
    [refused(429, 'slow down'), 'InvokeRateLimitError', 'slow down'],
    [refused(400, 'bad'), 'InvokeBadRequestError', 'bad'],
    [refused(503, 'later'), 'InvokeServerUnavailableError', 'later'],
    [refused(402, 'pay'), 'QuotaExceededError', 'pay'],
    [new UpstreamError('timeout', 'silence').toParleyError(), 'InvokeConnectionError', 'silence'],
    [new UpstreamError('malformed', 'what?').toParleyError(), 'InvokeServerUnavailableError', 'what?'],
    [new ParleyError('provider_not_initialize', 400, 'none'), 'ProviderTokenNotInitError', 'none'],
    [new Error('strange'), 'WorkflowNodeError', 'strange'],
  ])('%s', async (fails, type, message) => {
    const fake = fakeModels([{ fails }]);
    const { node: ended, outcome } = await run({}, fake);
    expect(ended).toMatchObject({ status: 'failed', errorType: type, error: message, usage: null });
    expect(ended.processData).toMatchObject({ prompts: [{ text: 'q' }], model_name: 'gpt-4o' });
    expect(outcome.status).toBe('failed');
    // Nothing was said: nothing was used.
    expect(fake.used).toEqual([]);
  });

  test('a model that is not there fails the node', async () => {
    const fake = fakeModels([]);
    fake.models.chat = () => {
      throw new ParleyError('provider_not_initialize', 400, 'No valid model provider');
    };
    const { node: ended } = await run({}, fake);
    expect(ended).toMatchObject({ errorType: 'ProviderTokenNotInitError', error: 'No valid model provider' });
  });

  test('what was said before counts', async () => {
    const fake = fakeModels([{ says: ['The quick brown fox jumps over the lazy dog.'], fails: cut() }]);
    const { node: ended, outcome } = await run({}, fake);
    expect(fake.used).toMatchObject([{ promptTokens: 7, completionTokens: 10 }]);
    expect(ended).toMatchObject({
      status: 'failed',
      errorType: 'InvokeConnectionError',
      usage: { tokens: 17 },
    });
    expect(outcome.usage).toMatchObject({ tokens: 17 });
  });

  test('a retry takes back what was told', async () => {
    const fake = fakeModels([{ says: ['wro', 'ng'], fails: cut() }, { says: ['right'] }]);
    const retry_config = { retry_enabled: true, max_retries: 2, retry_interval: 0 };
    const { events, story, node: ended } = await run({ retry_config }, fake);
    expect(events.flatMap((event) => (event.kind === 'text_withdrawn' ? [event.length] : []))).toEqual([5]);
    expect(story.filter((line) => line.startsWith('"') || line.startsWith('retry'))).toEqual([
      ...['"["', '"wro"', '"ng"', 'retry x 1', '"right"', '""', '"]"'],
    ]);
    expect(ended).toMatchObject({ status: 'succeeded', outputs: { text: 'right' } });
    expect(fake.used).toHaveLength(2);
  });
});

describe('a stop', () => {
  test('reaches the model at once, and what was used is told', async () => {
    const controller = new AbortController();
    const fake = fakeModels([{ says: ['The quick brown fox jumps over the lazy dog.'], hangs: true }]);
    const running = run({}, fake, { signal: controller.signal });
    await fake.hanging;
    const { promise, resolve } = Promise.withResolvers<void>();
    fake.aborted.then(() => resolve());
    controller.abort(new Error('Stopped by user.'));
    await promise;
    expect(await running).toMatchObject({ outcome: { status: 'stopped', error: 'Stopped by user.' } });
    expect((await fake.aborted) as Error).toMatchObject({ message: 'Stopped by user.' });
    await expect.poll(() => fake.used).toMatchObject([{ promptTokens: 7, completionTokens: 10 }]);
  });

  test('while it remembers, nothing is asked', async () => {
    const controller = new AbortController();
    const fake = fakeModels([{ says: ['x'] }]);
    const asked = Promise.withResolvers<void>();
    const remembers = Promise.withResolvers<[]>();
    const within = () => {
      asked.resolve();
      return remembers.promise;
    };
    const running = run({ memory: {} }, fake, {
      signal: controller.signal,
      services: { history: { within } },
    });
    await asked.promise;
    controller.abort(new Error('Stopped by user.'));
    await running;
    remembers.resolve([]);
    await new Promise((resolve) => setImmediate(resolve));
    expect([fake.requests, fake.used]).toEqual([[], []]);
  });
});

test('what it needs and reads', () => {
  const config = llm.config.parse({
    model: { ...model, completion_params: { temperature: '{{#n.t#}}' } },
    prompt_template: [{ role: 'user', text: '{{#n.a#}}' }],
    prompt_config: { jinja2_variables: [{ variable: 'j', value_selector: ['n', 'j'] }] },
    memory: { query_prompt_template: '{{#n.m#}}' },
    context: { enabled: true, variable_selector: ['n', 'c'] },
    vision: { enabled: true },
  });
  expect(llm.needs?.(config)).toEqual([{ kind: 'model', provider: 'openai', name: 'gpt-4o', mode: 'chat' }]);
  expect(llm.references?.(config)?.map((selector) => selector.join('.'))).toEqual([
    ...['n.a', 'n.m', 'n.j', 'n.c', 'sys.files', 'n.t'],
  ]);
});
