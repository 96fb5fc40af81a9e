import { describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { httpNode, openFactLab } from './fact-lab.ts';
import { endNode, graphApp, llmNode, startNode, type TestNode, templateNode } from './graph-app.ts';
import { dataOf, type Fields, finishedIn, runWorkflow, streamWorkflow } from './workflow-turns.ts';

/** `facts/dify-dsl-engine.md` §12, rule 1: what the editor does to a file (§2.5, by its numbers), of single nodes and edges. */
const lab = await openFactLab();

interface RawGraph {
  readonly nodes: Record<string, unknown>[];
  readonly edges: Record<string, unknown>[];
}
const start = startNode('x');

/** An app whose graph is changed as an old file, or one that somebody has written, would have it. */
function written(dsl: string, change: (graph: RawGraph) => void): string {
  const file = parse(dsl, { version: '1.1' });
  change(file.workflow.graph);
  return lab.app(stringify(file, { version: '1.1' }));
}
async function outputs(app: string, inputs: Fields = {}): Promise<unknown> {
  const { data } = await runWorkflow(lab.parley, { inputs }, app);
  expect(data, JSON.stringify(data)).toMatchObject({ status: 'succeeded' });
  return data.outputs;
}

describe('12.1 the normalisations of the browser are applied on import', () => {
  const model = (provider: string) => ({
    model: { provider, name: 'mock-model', mode: 'chat', completion_params: {} },
  });
  test.each(
    ['openai', 'langgenius/openai/openai'].map(
      (provider) =>
        [
          provider,
          lab.workflow(
            {
              ...{ start, llm: llmNode('Hi', model(provider)) },
              classifier: {
                type: 'question-classifier',
                query_variable_selector: ['start', 'x'],
                classes: [{ id: '1', name: 'one' }],
                ...model(provider),
              },
              extractor: {
                type: 'parameter-extractor',
                query: ['start', 'x'],
                parameters: [],
                reasoning_mode: 'prompt',
                ...model(provider),
              },
              end: endNode({ text: ['llm', 'text'] }),
            },
            {
              edges: [
                ['start', 'llm'],
                ['llm', 'classifier'],
                ['classifier', 'extractor', '1'],
                ['extractor', 'end'],
              ],
            },
          ),
        ] as const,
    ),
  )('5: the model provider %s', async (_, flow) => {
    const known = lab.provider.requests.length;
    expect(await flow.outputs()).toEqual({ text: 'Hello there' });
    expect(lab.provider.requests.length - known).toBe(3);
  });

  const retries = [undefined, null, { retry_enabled: false }].map(
    (retry_config) =>
      [
        retry_config,
        lab.workflow({
          start,
          http: httpNode(lab.page.url, { retry_config }),
          end: endNode({ s: ['http', 'status_code'] }),
        }),
      ] as const,
  );
  test.each(retries)('6: an HTTP request with retry_config %j', async (given, flow) => {
    lab.page.reply(() => ({ status: 503 }));
    const events = await flow.stream();
    expect(dataOf(events, 'node_retry')).toHaveLength(given ? 0 : 3);
    expect(finishedIn(events)).toMatchObject(given ? { outputs: { s: 503 } } : { status: 'failed' });
  });

  const tool = (more: Fields): TestNode => ({
    ...{
      type: 'tool',
      provider_id: 'service',
      provider_type: 'api',
      provider_name: 'service',
      tool_name: 'search',
    },
    ...{
      tool_label: 'Search',
      tool_parameters: { q: { type: 'mixed', value: 'about {{#start.x#}}' } },
      ...more,
    },
  });
  const tools = [
    ['plain values', { tool_configurations: { size: 5, flag: 'a {{#start.x#}}', none: null } }],
    [
      'values of today',
      {
        tool_node_version: '2',
        tool_configurations: {
          size: { type: 'constant', value: 5 },
          flag: { type: 'constant', value: 'a {{#start.x#}}' },
          none: { type: 'constant', value: null },
        },
      },
    ],
  ].map(
    ([what, more]) =>
      [
        what as string,
        lab.workflow({ start, tool: tool(more as Fields), end: endNode({ text: ['tool', 'text'] }) }),
      ] as const,
  );
  test.each(tools)('7: a tool configured by %s gets constants as they are, and no nulls', async (_, flow) => {
    expect(await flow.outputs({ x: 'cats' })).toEqual({ text: 'ok' });
    const sent = new URL(String(lab.page.requests.at(-1)?.path), lab.page.url).searchParams;
    expect(Object.fromEntries(sent)).toEqual({ q: 'about cats', size: '5', flag: 'a {{#start.x#}}' });
  });

  const circle = lab.workflow(
    {
      start,
      a: templateNode('a'),
      b: templateNode('b'),
      end: endNode({ a: ['a', 'output'], b: ['b', 'output'] }),
    },
    {
      edges: [
        ['start', 'a'],
        ['a', 'b'],
        ['b', 'a'],
        ['a', 'end'],
      ],
    },
  );
  test('8: edges that form a cycle are gone', async () => {
    const events = await circle.stream();
    expect(finishedIn(events)).toMatchObject({ status: 'succeeded', outputs: { a: 'a', b: null } });
    expect(dataOf(events, 'node_started').map(({ node_id }) => node_id)).toEqual(['start', 'a', 'end']);
  });

  const bare = (dsl: string) =>
    written(dsl, ({ edges }) => {
      for (const edge of edges)
        for (const name of ['sourceHandle', 'targetHandle', 'data', 'type']) delete edge[name];
    });
  const handles = bare(
    graphApp('workflow', { start, text: templateNode('x'), end: endNode({ out: ['text', 'output'] }) }),
  );
  const expecting = bare(
    graphApp('workflow', {
      ...{ start, text: { ...templateNode('x'), error_strategy: 'fail-branch' } },
      end: endNode({ out: ['text', 'output'] }),
    }),
  );
  test('9: edges without handles lead from source, also where a node may fail', async () => {
    expect(await outputs(handles)).toEqual({ out: 'x' });
    expect(await outputs(expecting)).toEqual({ out: 'x' });
  });

  const untyped = written(
    graphApp(
      'workflow',
      { start, text: templateNode('x'), note: { type: '' }, end: endNode({ out: ['text', 'output'] }) },
      {
        edges: [
          ['start', 'text'],
          ['text', 'end'],
        ],
      },
    ),
    (graph) => {
      for (const node of graph.nodes) if (node.id !== 'note') delete node.type;
      Object.assign(graph.nodes.find(({ id }) => id === 'note') ?? {}, { type: 'custom-note' });
    },
  );
  test('10: nodes without a type are nodes, and notes are none', async () => {
    expect(await outputs(untyped)).toEqual({ out: 'x' });
    const events = await streamWorkflow(lab.parley, {}, untyped);
    expect(dataOf(events, 'node_started')).toHaveLength(3);
  });
});
