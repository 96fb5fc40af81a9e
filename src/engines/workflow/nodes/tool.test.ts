import { describe, expect, test } from 'vitest';
import { timeTools } from '../../../tools/builtin/time/time-tools.ts';
import { knownProvider } from '../../../tools/known-provider.ts';
import type { Tool } from '../../../tools/tool.ts';
import { ToolError } from '../../../tools/tool-error.ts';
import type { ToolPart } from '../../../tools/tool-part.ts';
import type { WorkflowEvent } from '../events.ts';
import { nodeKinds } from '../node-kinds.ts';
import { fakeTool, fileNamed, usage, withProviders, withTools } from '../tools/tools.fixture.ts';
import type { ValueRecord } from '../values/value.ts';
import { edges, node, type PlayOptions, play, readOrThrow } from '../workflow.fixture.ts';
import { tool as kind } from './tool.ts';

const named = { provider_id: 'kit', provider_type: 'builtin', provider_name: 'kit', tool_name: 'do' };
const vars: NonNullable<PlayOptions['variables']> = [
  [
    'n',
    [
      ['word', { value: 'it is "so"' }],
      ['seven', { value: 7 }],
      ['list', { value: ['a', 1] }],
      ['none', { value: null }],
      ['text', { value: '' }],
    ],
  ],
];

/** Runs one tool node; an answer behind it shows its text. */
async function run(data: ValueRecord, tool: Tool | Tool['invoke'], more: PlayOptions = {}) {
  const graph = readOrThrow(
    [
      node('start', 'start'),
      node('tool', 'tool', { ...named, ...data }),
      node('answer', 'answer', { answer: '{{#tool.text#}}' }),
    ],
    edges('start -> tool -> answer'),
  );
  const services = withTools(typeof tool === 'function' ? fakeTool('do', tool) : tool);
  const played = await play(graph, {
    variables: vars,
    ...more,
    services: { ...services, ...more.services },
  });
  return { ...played, finished: finishedOf(played.events) };
}

function finishedOf(events: readonly WorkflowEvent[]) {
  const finished = events.find((event) => event.kind === 'node_finished' && event.nodeId === 'tool');
  return finished?.kind === 'node_finished' ? finished : null;
}

/** What a tool is given, with every type of parameter. */
async function given(data: ValueRecord, parameters: ValueRecord = {}) {
  const calls: unknown[] = [];
  const properties = {
    ...{ text: { type: 'string' }, number: { type: 'number' }, flag: { type: 'boolean' } },
    ...{ list: { type: 'array' }, object: { type: 'object' }, free: {} },
    ...{ zone: { type: 'string', default: 'UTC' }, on: { type: 'boolean' } },
    ...parameters,
  };
  const tool = fakeTool(
    'do',
    async (args) => {
      calls.push(args);
      return [];
    },
    { parameters: { type: 'object', properties }, authored: ['zone', 'on'] },
  );
  const { finished } = await run(data, tool);
  return calls[0] ?? finished?.error;
}

describe('parameters', () => {
  test.each<[string, unknown, unknown]>([
    ['text', { type: 'mixed', value: 'say {{#n.word#}}!' }, 'say it is "so"!'],
    ['text', { type: 'constant', value: '{{#n.seven#}} of {{#n.gone#}}' }, '7 of n.gone'],
    ['text', { type: 'constant', value: true }, 'True'],
    ['text', { type: 'mixed', value: '' }, ''],
    ['text', { type: 'variable', value: ['n', 'list'] }, "['a', 1]"],
    ['text', { type: 'variable', value: ['n', 'none'] }, ''],
    ['number', { type: 'constant', value: 5 }, 5],
    ['number', { type: 'mixed', value: '{{#n.seven#}}.5' }, 7.5],
    ['number', { type: 'variable', value: ['n', 'seven'] }, 7],
    ['flag', { type: 'constant', value: false }, false],
    ['flag', { type: 'mixed', value: 'yes' }, true],
    ['list', { type: 'variable', value: ['n', 'list'] }, ['a', 1]],
    ['list', { type: 'constant', value: ['{{#n.word#}}', 2] }, ['it is "so"', 2]],
    ['list', { type: 'mixed', value: '[1, 2]' }, [1, 2]],
    ['object', { type: 'constant', value: { a: '{{#n.word#}}' } }, { a: 'it is "so"' }],
    ['object', { type: 'mixed', value: '{"a": 1}' }, { a: 1 }],
    ['free', { type: 'mixed', value: '{{#n.list#}}' }, "['a', 1]"],
  ])('%s %j', async (name, input, value) => {
    expect(await given({ tool_parameters: { [name]: input } as ValueRecord })).toEqual({
      zone: 'UTC',
      [name]: value,
    });
  });

  test.each<[string, unknown]>([
    ['text', null],
    ['text', { type: 'mixed', value: null }],
    ['text', { type: 'variable', value: null }],
    ['text', { type: 'variable', value: ['n', 'gone'] }],
    ['number', { type: 'mixed', value: '' }],
    ['number', { type: 'variable', value: ['n', 'none'] }],
    ['unknown', { type: 'mixed', value: 'x' }],
  ])('%s %j is left out', async (name, input) => {
    expect(await given({ tool_parameters: { [name]: input } as ValueRecord })).toEqual({ zone: 'UTC' });
  });

  test.each<[unknown, unknown]>([
    ['Europe/Paris', 'Europe/Paris'],
    [null, 'UTC'],
    [{ type: 'constant', value: '{{#n.word#}}' }, '{{#n.word#}}'],
    [{ type: 'constant', value: null }, 'UTC'],
    [{ type: 'mixed', value: 'a {{#n.seven#}}' }, 'a 7'],
    [{ type: 'variable', value: ['n', 'word'] }, 'it is "so"'],
    [0, '0'],
  ])('configuration %j', async (zone, value) => {
    expect(await given({ tool_configurations: { zone } as ValueRecord })).toEqual({ zone: value });
    expect(await given({ version: '1', tool_configurations: { zone } as ValueRecord })).toEqual({
      zone: value,
    });
  });

  test('old switches are numbers; a configuration holds against a parameter', async () => {
    const data = {
      tool_parameters: { zone: { type: 'mixed', value: 'a' }, on: { type: 'mixed', value: '0' } },
      tool_configurations: { zone: 'b', on: 1 },
    };
    expect(await given(data)).toEqual({ zone: 'b', on: true });
  });

  test('a required variable that is not there fails the node', async () => {
    const tool = fakeTool('do', async () => [], {
      parameters: { type: 'object', properties: { q: { type: 'string' } }, required: ['q'] },
    });
    const data = { tool_parameters: { q: { type: 'variable', value: ['n', 'gone'] } } };
    expect((await run(data, tool)).finished).toMatchObject({
      status: 'failed',
      errorType: 'ToolParameterError',
      error: "Variable ['n', 'gone'] does not exist",
    });
    const configured = { tool_configurations: { zone: { type: 'variable', value: ['n', 'gone'] } } };
    expect(
      (
        await run(
          configured,
          fakeTool('do', async () => []),
        )
      ).finished,
    ).toMatchObject({
      errorType: 'ToolParameterError',
    });
  });

  test('what does not fit the tool fails the node', async () => {
    const data = { tool_parameters: { n: { type: 'mixed', value: 'many' } } };
    const { finished } = await run(data, async () => []);
    expect(finished).toMatchObject({
      status: 'failed',
      errorType: 'ToolParameterError',
      inputs: { n: 'many' },
    });
    expect(finished?.error).toMatch(/^Failed to invoke tool kit: /);
  });
});

describe('what is in a file', () => {
  test.each<[string, ValueRecord]>([
    ['provider_id or provider_name is required', { tool_name: 'do' }],
    ['tool_name', { provider_id: 'kit' }],
    ['tool_parameters', { ...named, tool_parameters: { q: { type: 'other', value: 'x' } } }],
    ['tool_parameters', { ...named, tool_parameters: { q: { type: 'variable', value: 'x' } } }],
  ])('a graph is refused for %s', (problem, data) => {
    const nodes = [node('start', 'start'), node('tool', 'tool', data)];
    expect(() => readOrThrow(nodes, edges('start -> tool'))).toThrow(problem);
  });

  test('what it needs, and what it refers to', () => {
    const config = kind.config.parse({
      ...named,
      tool_label: 'Do it',
      tool_parameters: {
        q: { type: 'mixed', value: '{{#a.b#}}' },
        n: { type: 'variable', value: ['c', 'd'] },
      },
      tool_configurations: { zone: { type: 'mixed', value: '{{#e.f#}}' } },
    });
    expect(kind.needs?.(config)).toEqual([
      {
        kind: 'tool',
        tool: {
          ...{ providerType: 'builtin', providerId: 'kit', providerName: 'kit' },
          tool: 'do',
          label: 'Do it',
        },
      },
    ]);
    expect(kind.references?.(config)).toEqual([
      ['a', 'b'],
      ['c', 'd'],
      ['e', 'f'],
    ]);
  });

  test('old configurations get their new form, those of a file that says its version do not', () => {
    const old = { type: 'tool', tool_configurations: { a: 1, b: null, c: { type: 'mixed', value: 'x' } } };
    expect(kind.normalise?.(old)).toEqual({
      type: 'tool',
      tool_node_version: '2',
      tool_configurations: {
        a: { type: 'constant', value: 1 },
        b: { type: 'constant', value: null },
        c: { type: 'mixed', value: 'x' },
      },
    });
    expect(kind.normalise?.({ ...old, version: '1' })).toEqual({ ...old, version: '1' });
    expect(nodeKinds).toContain(kind);
  });
});

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
    const { finished, chunks, outcome } = await run({}, async () => parts);
    const text = 'one Link: https://a.example/\ntwo';
    expect(finished).toMatchObject({ status: 'succeeded', error: null });
    expect(finished?.outputs).toEqual({
      text,
      files: [fileNamed('x.png', 'image/png', 5)],
      json: [{ a: 1 }, [2]],
    });
    expect(chunks.filter((chunk) => chunk !== '')).toEqual(['one ', 'Link: https://a.example/\n', 'two']);
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

  test('nothing at all', async () => {
    const { finished } = await run({}, async () => []);
    expect(finished?.outputs).toEqual({ text: '', files: [], json: [{ data: [] }] });
    expect(finished).toMatchObject({ inputs: {}, usage: null });
  });

  test('the chunks come before the node has ended', async () => {
    const { story } = await run({}, async () => parts);
    expect(story.indexOf('"two"')).toBeLessThan(story.indexOf('finish tool'));
    expect(story.indexOf('"one "')).toBeGreaterThan(story.indexOf('start tool'));
  });

  test('what it uses of models counts, also where it fails', async () => {
    const { finished } = await run({}, async (_, { onUsage }) => {
      onUsage(usage);
      onUsage(usage);
      return [];
    });
    expect(finished?.usage).toEqual({ tokens: 14, price: '0.6', currency: 'USD' });
    const failed = await run({}, async (_, { onUsage }) => {
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
    const { finished } = await run(data, async () => [], { services: withProviders(time) });
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
    const { finished, outcome } = await run(
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

  test('a defect of a tool says nothing of itself', async () => {
    const { finished } = await run({}, async () => {
      throw new TypeError('x is not a function at /home/me');
    });
    expect(finished?.error).toBe('Failed to invoke tool kit: the tool failed unexpectedly');
  });

  test('a tool that is not there', async () => {
    const { finished } = await run({ tool_name: 'other' }, async () => []);
    expect(finished).toMatchObject({
      errorType: 'ToolNodeError',
      error: 'Failed to get tool runtime: the tool other is missing: the provider kit has none of that name',
    });
  });

  test('a tool that only the caller of an app executes', async () => {
    const tool = fakeTool('do', async () => [{ kind: 'text', text: 'never' }], { executedBy: 'caller' });
    const { finished } = await run({}, tool);
    expect(finished).toMatchObject({ status: 'failed', outputs: {} });
    expect(finished?.error).toMatch(/^Failed to get tool runtime: .* executed by the caller/);
  });

  test('a file that cannot be kept fails the node', async () => {
    const { files } = withTools();
    const save = () => Promise.reject(new Error('the disk is full'));
    const { finished } = await run(
      {},
      async () => [{ kind: 'file', data: new Uint8Array(), mimeType: '', filename: '' }],
      {
        services: { files: { ...files, save } },
      },
    );
    expect(finished).toMatchObject({ status: 'failed', error: 'the disk is full' });
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
    const well = await run(data, flaky(3));
    expect(well.finished).toMatchObject({ status: 'succeeded', outputs: { text: 'yes 3' } });
    expect(well.story.filter((line) => line.startsWith('retry'))).toEqual(['retry tool 1', 'retry tool 2']);
    calls = 0;
    const badly = await run(data, flaky(9));
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
  const played = run(
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
  const played = run({ provider_type: 'mcp' }, async () => [], {
    signal: stop.signal,
    services: withProviders(slow),
  });
  const signal = await asked.promise;
  stop.abort(new Error('Stopped by user.'));
  expect(signal.aborted).toBe(true);
  expect((await played).outcome.status).toBe('stopped');
});
