import { describe, expect, test } from 'vitest';
import { knownProvider } from '../../../tools/known-provider.ts';
import { nodeKinds } from '../node-kinds.ts';
import { named, runTool } from '../tools/run-tool.fixture.ts';
import { fakeTool, withProviders } from '../tools/tools.fixture.ts';
import type { ValueRecord } from '../values/value.ts';
import { edges, node, readOrThrow } from '../workflow.fixture.ts';
import { tool as kind } from './tool.ts';

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
  const { finished } = await runTool(data, tool);
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

  test('a server gets nothing for what is empty', async () => {
    const calls: unknown[] = [];
    const tool = fakeTool('do', async (args) => {
      calls.push(args);
      return [];
    });
    const data = { provider_type: 'mcp', tool_parameters: { q: { type: 'mixed', value: ' ' } } };
    await runTool(data, tool, { services: withProviders(knownProvider('mcp', 'kit', [tool])) });
    await runTool({ ...data, provider_type: 'builtin' }, tool);
    expect(calls).toEqual([{}, { q: ' ' }]);
  });

  test('a required variable that is not there fails the node', async () => {
    const tool = fakeTool('do', async () => [], {
      parameters: { type: 'object', properties: { q: { type: 'string' } }, required: ['q'] },
    });
    const data = { tool_parameters: { q: { type: 'variable', value: ['n', 'gone'] } } };
    expect((await runTool(data, tool)).finished).toMatchObject({
      status: 'failed',
      errorType: 'ToolParameterError',
      error: "Variable ['n', 'gone'] does not exist",
    });
    const configured = { tool_configurations: { zone: { type: 'variable', value: ['n', 'gone'] } } };
    expect(
      (
        await runTool(
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
    const { finished } = await runTool(data, async () => []);
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
