import { describe, expect, test } from 'vitest';
import { ParleyError } from '../../../errors.ts';
import { UpstreamError } from '../../../models/upstream-error.ts';
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
import { parameterExtractor } from './parameter-extractor.ts';

const parameters = [
  { name: 'city', type: 'string', description: 'Where', required: true },
  { name: 'days', type: 'array[number]', description: 'When', required: false },
];
const structure = {
  type: 'object',
  properties: {
    city: { description: 'Where', type: 'string' },
    days: { description: 'When', type: 'array', items: { type: 'number' } },
  },
  required: ['city'],
};
const good = '{"city": "Rome", "days": [1, 2]}';

async function extract(data: object, scripts: readonly Script[], options: RunOptions = {}) {
  const fake = fakeModels(scripts);
  const run = await runNode(
    'parameter-extractor',
    { query: ['n', 'q'], parameters, instruction: '', reasoning_mode: 'prompt', ...data },
    fake,
    { values: { q: 'Rome on the 1st and 2nd' }, ...options },
  );
  return { ...run, ...fake, outputs: run.node.outputs, messages: fake.requests[0]?.messages ?? [] };
}

const calls = (text: string) => ({
  result: {
    finishReason: 'tool_calls' as const,
    toolCalls: [{ id: 'c1', name: 'extract_parameters', arguments: text }],
  },
});

describe('by prompt', () => {
  test('outputs, and what is told of the node', async () => {
    const {
      node: ended,
      outputs,
      used,
      requests,
    } = await extract({ instruction: 'For {{#n.q#}}.' }, [{ says: ['Here: ', good] }]);
    expect(outputs).toEqual({
      ...{ __is_success: 1, __reason: null, city: 'Rome', days: [1, 2] },
      __usage: expect.objectContaining({ total_tokens: 15, total_price: '0.105' }),
    });
    expect(ended.usage).toEqual({ tokens: 15, price: '0.105', currency: 'USD' });
    expect(ended.inputs).toEqual({
      query: 'Rome on the 1st and 2nd',
      files: [],
      parameters: parameters.map((one) => ({ ...one, options: [] })),
      instruction: 'For {{#n.q#}}.',
      model_provider: 'openai',
      model_name: 'gpt-4o',
    });
    expect(ended.processData).toMatchObject({
      ...{
        model_mode: 'chat',
        function: {},
        tool_call: null,
        llm_text: `Here: ${good}`,
        finish_reason: 'stop',
      },
      ...{ model_provider: 'openai', model_name: 'gpt-4o', usage: { total_tokens: 15 } },
    });
    expect(requests[0]).not.toHaveProperty('tools');
    expect(used).toHaveLength(1);
  });

  test('job and instruction, examples, structure and text', async () => {
    const { messages } = await extract({ instruction: 'Mind {{#n.v#}}.' }, [{ says: [good] }], {
      values: { q: 'the "text"', v: 'umlauts' },
    });
    const roles = ['system', 'user', 'assistant', 'user', 'assistant', 'user'];
    expect(messages.map(({ role }) => role)).toEqual(roles);
    expect(messages[0]?.content).toContain('Mind umlauts.');
    expect(messages.at(-1)?.content).toBe(
      `<structure>\n${JSON.stringify(structure)}\n</structure>\n<text>\nthe "text"\n</text>`,
    );
    expect(JSON.parse(messages[2]?.content as string)).toEqual({ place: 'harbour', guests: 4 });
  });

  test('memory, files and parameters of the model', async () => {
    const history = fakeHistory(3);
    const {
      messages,
      requests,
      node: ended,
    } = await extract(
      {
        memory: { window: { enabled: true, size: 1 } },
        vision: { enabled: true },
        model: { ...model, completion_params: { top_p: '{{#n.p#}}', stop: 'x' } },
      },
      [{ says: [good] }],
      { services: { history }, system: { files: [file('f')] }, values: { p: 0.5 } },
    );
    expect(messages[0]?.content).toContain(
      '<histories>\nHuman: question 3\nAssistant: answer 3\n</histories>',
    );
    expect(messages.at(-1)?.content).toEqual([part('f'), { kind: 'text', text: expect.any(String) }]);
    expect(requests[0]).toMatchObject({ params: { top_p: 0.5 }, stop: ['x'] });
    expect(ended.inputs.files).toMatchObject([{ filename: 'f' }]);
  });

  test.each<readonly [string, number, unknown, object]>([
    [`<think>{"city": "Pisa", "days": []}</think>${good}`, 1, null, { city: 'Rome', days: [1, 2] }],
    ["{'city': 'Rome', 'days': []}", 1, null, { city: 'Rome', days: [] }],
    ['{"city": "Rome"}', 0, 'Invalid number of parameters', { city: 'Rome', days: [] }],
    ['{"x": 1, "days": [1]}', 0, 'Parameter city is required', { city: '', days: [1] }],
    ['{"city": 5, "days": ["3", "x"]}', 0, /^Invalid value for parameter city/, { city: '', days: [3] }],
    ['I cannot.', 0, /^Failed to extract result/, { city: '', days: [] }],
    ['', 0, /^Failed to extract result/, { city: '', days: [] }],
  ])('%s succeeds all the same', async (answer, isSuccess, reason, values) => {
    const { outputs, node: ended, outcome } = await extract({}, [{ says: [answer] }]);
    expect([ended.status, outcome.status, outputs.__is_success]).toEqual([
      'succeeded',
      'succeeded',
      isSuccess,
    ]);
    expect(outputs).toMatchObject(values);
    if (reason instanceof RegExp) expect(outputs.__reason).toMatch(reason);
    else expect(outputs.__reason).toBe(reason);
  });

  test('empty lists keep their type', async () => {
    let kept: unknown;
    await extract({}, [{ says: ['{"city": "Rome", "days": []}'] }], {
      onEvent(event, run) {
        if (event.kind === 'node_finished') kept = new Map(run.snapshot().frame.pool).get('x');
      },
    });
    expect(kept).toContainEqual(['days', { value: [], type: 'array[number]' }]);
  });

  test('what may have become a tag is text at the end', async () => {
    const { node: ended } = await extract({}, [{ says: [good, ' <'] }]);
    expect(ended.processData.llm_text).toBe(`${good} <`);
  });

  test('without a text, and without parameters', async () => {
    const { messages, outputs } = await extract({ parameters: null, query: ['n', 'gone'] }, [
      { says: ['{}'] },
    ]);
    expect(messages.at(-1)?.content).toContain('<text>\n\n</text>');
    expect(outputs).toMatchObject({ __is_success: 1, __reason: null });
  });

  test('a model that continues a text gets one', async () => {
    const { messages, outputs, requests } = await extract(
      { model: { ...model, mode: 'completion' }, reasoning_mode: 'function_call', instruction: 'I' },
      [{ says: [good] }],
    );
    expect(messages).toHaveLength(1);
    expect(messages[0]?.content).toMatch(/<instructions>\nI\n[\s\S]*Rome on the 1st[\s\S]*Output:$/);
    expect(requests[0]).not.toHaveProperty('tools');
    expect(outputs.__is_success).toBe(1);
  });
});

describe('by function call', () => {
  const data = { reasoning_mode: 'function_call' };

  test('the model calls a function with what it has found', async () => {
    const { requests, messages, outputs, node: ended } = await extract(data, [calls(good)]);
    expect(requests[0]?.tools).toEqual([
      { name: 'extract_parameters', description: expect.any(String), parameters: structure },
    ]);
    expect(outputs).toMatchObject({ __is_success: 1, city: 'Rome', days: [1, 2] });
    expect(ended.processData).toMatchObject({
      function: { name: 'extract_parameters', parameters: structure },
      tool_call: { id: 'c1', type: 'function', function: { name: 'extract_parameters', arguments: good } },
      llm_text: '',
    });
    const example = ['user', 'assistant', 'tool', 'assistant'];
    expect(messages.map(({ role }) => role)).toEqual(['system', ...example, ...example, 'user']);
    const ids = messages.flatMap((message) =>
      message.role === 'assistant' ? (message.toolCalls ?? []).map(({ id }) => id) : [],
    );
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(2);
    expect(messages.flatMap((one) => (one.role === 'tool' ? [one.toolCallId] : []))).toEqual(ids);
    expect((ended.processData.prompts as { tool_calls?: unknown }[])[2]?.tool_calls).toMatchObject([
      { id: ids[0] },
    ]);
  });

  test('it is the way of a node that names none', async () => {
    const { requests } = await extract({ reasoning_mode: null }, [calls(good)]);
    expect(requests[0]?.tools).toHaveLength(1);
  });

  test.each<readonly [string, Script]>([
    ['no call comes', { says: [good] }],
    ['the call is broken', { says: [good], ...calls('{"city": ') }],
  ])('the text counts where %s', async (_, script) => {
    const { outputs } = await extract(data, [script]);
    expect(outputs).toMatchObject({ __is_success: 1, city: 'Rome' });
  });

  test('a provider that refuses functions is asked without', async () => {
    const refusal = new UpstreamError('refused', 'llama does not support tools', { status: 400 });
    const { outputs, requests, used } = await extract(data, [
      { fails: refusal.toParleyError() },
      { says: [good] },
    ]);
    expect(requests.map(({ tools }) => tools?.length)).toEqual([1, undefined]);
    expect(requests[1]?.messages.some(({ role }) => role === 'tool')).toBe(false);
    expect(outputs).toMatchObject({ __is_success: 1, city: 'Rome' });
    expect(used).toHaveLength(1);
  });
});

test('one that fails later, whatever it says, is not asked again', async () => {
  const fails = new UpstreamError('refused', 'a tool was overloaded', { status: 400 }).toParleyError();
  const { requests, node: ended } = await extract({ reasoning_mode: 'function_call' }, [
    { says: ['{'], fails },
  ]);
  expect([requests.length, ended.status]).toEqual([1, 'failed']);
});

describe('a model that does not answer', () => {
  test('fails the node, which knows no retries', async () => {
    const fails = new UpstreamError('refused', 'no such model', { status: 404 }).toParleyError();
    const retry_config = { retry_enabled: true, max_retries: 3, retry_interval: 0 };
    const { node: ended, requests } = await extract({ reasoning_mode: 'function_call', retry_config }, [
      { fails },
    ]);
    expect(ended).toMatchObject({
      ...{ status: 'failed', error: 'no such model', errorType: 'InvokeBadRequestError' },
      outputs: { __is_success: 0, __reason: 'Failed to invoke model', __error: 'no such model' },
      processData: { prompts: expect.any(Array), usage: null },
      inputs: { query: 'Rome on the 1st and 2nd' },
    });
    expect(requests).toHaveLength(1);
  });

  test('what it has said before counts', async () => {
    const fails = new ParleyError('completion_request_error', 400, 'gone');
    const { node: ended, used } = await extract({}, [{ says: ['{"city"'], fails }]);
    expect(ended.usage?.tokens).toBeGreaterThan(100);
    expect(used).toHaveLength(1);
  });

  test('is stopped at once', async () => {
    const controller = new AbortController();
    const fake = fakeModels([{ hangs: true }]);
    const data = { query: ['n', 'q'], parameters };
    const running = runNode('parameter-extractor', data, fake, { signal: controller.signal });
    await fake.hanging;
    controller.abort(new Error('Stopped by user.'));
    await fake.aborted;
    expect((await running).outcome.status).toBe('stopped');
    expect(fake.requests).toHaveLength(1);
  });
});

test('needs and references', () => {
  const config = parameterExtractor.config.parse({
    ...{ model, query: ['n', 'q'], parameters, instruction: '{{#n.i#}}', vision: { enabled: true } },
  });
  expect(parameterExtractor.needs?.(config)).toMatchObject([{ kind: 'model', name: 'gpt-4o' }]);
  expect(parameterExtractor.references?.(config)?.map((one) => one.join('.'))).toEqual([
    ...['n.q', 'n.i', 'sys.files'],
  ]);
});
