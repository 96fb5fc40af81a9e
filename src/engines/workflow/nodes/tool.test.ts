import { describe, expect, test } from 'vitest';
import { timeTools } from '../../../tools/builtin/time/time-tools.ts';
import { knownProvider } from '../../../tools/known-provider.ts';
import { ToolError } from '../../../tools/tool-error.ts';
import type { ToolPart } from '../../../tools/tool-part.ts';
import { runTool } from '../tools/run-tool.fixture.ts';
import { fakeTool, fileNamed, usage, withProviders, withTools } from '../tools/tools.fixture.ts';
import type { ValueRecord } from '../values/value.ts';

const words = (text: string): ToolPart => ({ kind: 'text', text });
const json = (value: unknown): ToolPart => ({ kind: 'json', value });
const deep = `${'{"a":'.repeat(300)}1${'}'.repeat(300)}`;

describe('what a tool answers', () => {
  const parts: readonly ToolPart[] = [
    { kind: 'text', text: 'one ' },
    { kind: 'json', value: { a: 1 } },
    { kind: 'link', url: 'https://a.example/' },
    { kind: 'file', data: new Uint8Array(5), mimeType: 'image/png', filename: 'x.png' },
    { kind: 'json', value: [2] },
    { kind: 'text', text: 'two' },
  ];

  test('text and links together, files kept, JSON in a list; the text is shown as it is said', async () => {
    const { finished, chunks, outcome } = await runTool({}, async () => parts);
    const text = 'one Link: https://a.example/\ntwo';
    expect(finished).toMatchObject({ status: 'succeeded', error: null });
    expect(finished?.outputs).toEqual({
      text,
      files: [fileNamed('x.png', 'image/png', 5)],
      json: [{ a: 1 }, [2]],
    });
    expect(chunks).toEqual(['one ', 'Link: https://a.example/\n', 'two', '']);
    expect(outcome.outputs).toMatchObject({ answer: text });
    expect(finished?.metadata).toEqual({
      tool_info: {
        provider_type: 'builtin',
        provider_id: 'kit',
        plugin_unique_identifier: null,
        icon: 'icon.png',
      },
    });
  });

  test.each<[string, readonly ToolPart[], ValueRecord]>([
    ['api', [json({ a: 'ü', b: [1] })], { text: '{"a": "ü", "b": [1]}', json: [{ a: 'ü', b: [1] }] }],
    ['api', [json([{ a: 1 }])], { text: "[{'a': 1}]", json: [{ data: [] }] }],
    ['api', [words('plain')], { text: 'plain', json: [{ data: [] }] }],
    ['mcp', [words(' {"a": 1, "b": 2} ')], { text: '', json: [{ a: 1, b: 2 }], a: 1 }],
    ['mcp', [words('[{"a": 1}, {"b": 2}]')], { text: '', json: [{ a: 1 }, { b: 2 }], a: 1 }],
    ['mcp', [words('[1, true]')], { text: '[1, True]', json: [{ data: [] }] }],
    ['mcp', [words('[1, true')], { text: '[1, true', json: [{ data: [] }] }],
    ['mcp', [words(deep)], { text: deep, json: [{ data: [] }] }],
    ['mcp', [words('see'), json({ a: 1 })], { text: 'see', json: [{ a: 1 }], a: 1 }],
    [
      'workflow',
      [words('{}'), json({ b: 2, text: 'no' })],
      { text: '{}', json: [{ b: 2, text: 'no' }], b: 2 },
    ],
    ['builtin', [words('{"a": 1}'), json({ a: 1 })], { text: '{"a": 1}', json: [{ a: 1 }] }],
  ])('a tool of type %s: %#', async (provider_type, parts, expected) => {
    const kit = knownProvider(provider_type as 'api', 'kit', [fakeTool('do', async () => parts)]);
    const output_schema = { type: 'object', properties: { a: { type: 'number' } } };
    const { finished } = await runTool({ provider_type, output_schema }, async () => [], {
      services: withProviders(kit),
    });
    expect(finished?.outputs).toEqual({ files: [], ...expected });
  });

  test('nothing at all', async () => {
    const { finished } = await runTool({}, async () => []);
    expect(finished?.outputs).toEqual({ text: '', files: [], json: [{ data: [] }] });
    expect(finished).toMatchObject({ inputs: {}, usage: null });
  });

  test('the chunks come before the node has ended', async () => {
    const { story } = await runTool({}, async () => parts);
    expect(story.indexOf('"two"')).toBeLessThan(story.indexOf('finish tool'));
    expect(story.indexOf('"one "')).toBeGreaterThan(story.indexOf('start tool'));
  });

  test('what it uses of models counts, also where it fails', async () => {
    const { finished } = await runTool({}, async (_, { onUsage }) => {
      onUsage(usage);
      onUsage(usage);
      return [];
    });
    expect(finished?.usage).toEqual({ tokens: 14, price: '0.6', currency: 'USD' });
    const failed = await runTool({}, async (_, { onUsage }) => {
      onUsage(usage);
      throw new ToolError('failed', 'no');
    });
    expect(failed.finished?.usage).toEqual({ tokens: 7, price: '0.3', currency: 'USD' });
  });

  test('a tool that comes with Parley', async () => {
    const settings = { name: 'time', apiKey: null, baseUrl: null, timeoutMs: null };
    const time = knownProvider('builtin', 'time', timeTools({} as never, settings));
    const parameters = Object.entries({ year: 2024, month: '1', day: '{{#n.seven#}}' }).map(
      ([name, value]) => [name, { type: 'mixed', value }],
    );
    const data = {
      provider_id: 'langgenius/time/time',
      provider_name: 'time',
      tool_name: 'weekday',
      tool_parameters: Object.fromEntries(parameters),
    };
    const { finished } = await runTool(data, async () => [], { services: withProviders(time) });
    expect(finished?.outputs.text).toBe('January 7, 2024 is Sunday.');
  });
});

describe('failures', () => {
  test.each<[ToolError['kind'], string]>([
    ['failed', 'ToolInvokeError'],
    ['timeout', 'ToolInvokeError'],
    ['credentials', 'ToolProviderCredentialValidationError'],
    ['arguments', 'ToolParameterError'],
  ])('%s is a %s', async (failure, errorType) => {
    const { finished, outcome } = await runTool(
      { tool_parameters: { q: { type: 'mixed', value: 'x' } } },
      async () => {
        throw new ToolError(failure, 'it is closed');
      },
    );
    expect(finished).toMatchObject({
      status: 'failed',
      error: 'Failed to invoke tool kit: it is closed',
      errorType,
      inputs: { q: 'x' },
      metadata: { tool_info: { provider_id: 'kit' } },
    });
    expect(outcome.status).toBe('failed');
  });

  test('a defect of a tool is heard of, and not told', async () => {
    const defect = new TypeError('x is not a function at /home/me');
    const heard: unknown[] = [];
    const { finished } = await runTool({}, () => Promise.reject(defect), {
      services: { onError: (error) => heard.push(error) },
    });
    expect(finished?.error).toBe('Failed to invoke tool kit: the tool failed unexpectedly');
    expect(heard).toEqual([defect]);
  });

  test('JSON that is nested too deep to be written again', async () => {
    const value: unknown = JSON.parse('['.repeat(5000) + ']'.repeat(5000));
    const { finished } = await runTool({}, async () => [{ kind: 'json', value }]);
    expect(finished).toMatchObject({ status: 'failed', errorType: 'ToolInvokeError' });
    expect(finished?.error).toContain('nested too deep');
  });

  test('a tool that is not there', async () => {
    const { finished } = await runTool({ tool_name: 'other' }, async () => []);
    expect(finished).toMatchObject({
      errorType: 'ToolNodeError',
      error: 'Failed to get tool runtime: the tool other is missing: the provider kit has none of that name',
    });
  });

  test('a tool that only the caller of an app executes', async () => {
    const tool = fakeTool('do', async () => [{ kind: 'text', text: 'never' }], { executedBy: 'caller' });
    const { finished } = await runTool({}, tool);
    expect(finished).toMatchObject({ status: 'failed', outputs: {} });
    expect(finished?.error).toMatch(/^Failed to get tool runtime: .* executed by the caller/);
  });

  test('a file that cannot be kept fails the node', async () => {
    const { files } = withTools();
    const save = () => Promise.reject(new Error('the disk is full'));
    const { finished } = await runTool(
      {},
      async () => [{ kind: 'file', data: new Uint8Array(), mimeType: '', filename: '' }],
      {
        services: { files: { ...files, save } },
      },
    );
    expect(finished).toMatchObject({
      ...{ status: 'failed', error: 'the disk is full' },
      metadata: { tool_info: { provider_id: 'kit' } },
    });
  });

  test('retries, then a fail branch', async () => {
    let calls = 0;
    const data = {
      retry_config: { retry_enabled: true, max_retries: 2, retry_interval: 1 },
      error_strategy: 'default-value',
      default_value: [{ key: 'text', type: 'string', value: 'sorry' }],
    };
    const flaky = (until: number) => async (): Promise<readonly ToolPart[]> => {
      calls += 1;
      if (calls < until) throw new ToolError('failed', `no. ${calls}`);
      return [{ kind: 'text', text: `yes ${calls}` }];
    };
    const well = await runTool(data, flaky(3));
    expect(well.finished).toMatchObject({ status: 'succeeded', outputs: { text: 'yes 3' } });
    expect(well.story.filter((line) => line.startsWith('retry'))).toEqual(['retry tool 1', 'retry tool 2']);
    calls = 0;
    const badly = await runTool(data, flaky(9));
    expect(badly.finished).toMatchObject({
      status: 'exception',
      outputs: {
        text: 'sorry',
        error_type: 'ToolInvokeError',
        error_message: 'Failed to invoke tool kit: no. 3',
      },
    });
    expect(calls).toBe(3);
  });
});

test('a stop reaches the tool within the same turn', async () => {
  const stop = new AbortController();
  const begun = Promise.withResolvers<AbortSignal>();
  const played = runTool(
    {},
    async (_, { signal }) => {
      begun.resolve(signal);
      return new Promise(() => {});
    },
    { signal: stop.signal },
  );
  const signal = await begun.promise;
  stop.abort(new Error('Stopped by user.'));
  expect(signal.aborted).toBe(true);
  const { outcome, finished, story } = await played;
  expect(outcome.status).toBe('stopped');
  expect(finished).toBeNull();
  expect(story).toEqual(['start start', 'finish start', 'start tool']);
});

test('a stop reaches a tool that is being looked for', async () => {
  const stop = new AbortController();
  const asked = Promise.withResolvers<AbortSignal>();
  const slow = {
    ...knownProvider('mcp', 'kit', []),
    known: () => null,
    list: ({ signal }: { signal: AbortSignal }) => {
      asked.resolve(signal);
      return new Promise<never>(() => {});
    },
  };
  const played = runTool({ provider_type: 'mcp' }, async () => [], {
    signal: stop.signal,
    services: withProviders(slow),
  });
  const signal = await asked.promise;
  stop.abort(new Error('Stopped by user.'));
  expect(signal.aborted).toBe(true);
  expect((await played).outcome.status).toBe('stopped');
});
