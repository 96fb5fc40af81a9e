import { describe, expect, test } from 'vitest';
import { nodeKinds } from '../node-kinds.ts';
import { edges, node } from '../workflow.fixture.ts';
import { type ReadGraphOptions, readGraph } from './read-graph.ts';

type Data = Readonly<Record<string, unknown>>;

function read(nodes: readonly Data[], lines: readonly Data[] = [], options?: ReadGraphOptions) {
  return readGraph({ nodes, edges: lines }, nodeKinds, options);
}
function graphOf(nodes: readonly Data[], lines: readonly Data[] = [], options?: ReadGraphOptions) {
  const result = read(nodes, lines, options);
  if (result.kind === 'problems') throw new Error(JSON.stringify(result.problems));
  return result.graph;
}
function problemsOf(nodes: readonly Data[], lines: readonly Data[] = []) {
  const result = read(nodes, lines);
  return result.kind === 'problems' ? result.problems : [];
}
const start = node('start', 'start');

describe('what cannot run is found when it is read', () => {
  test('every problem, with the node it is about', () => {
    const problems = problemsOf(
      [
        start,
        node('a', 'quantum'),
        node('b', 'code', { code: 5 }),
        node('c', 'if-else', {
          cases: [
            { case_id: 'x', conditions: [{ variable_selector: ['a', 'b'], comparison_operator: 'like' }] },
          ],
        }),
        node('d', 'answer', {
          answer: 'x',
          error_strategy: 'default-value',
          default_value: [{ key: 'n', type: 'number', value: 'many' }],
        }),
      ],
      edges('start -> nowhere', 'ghost -> start'),
    );
    expect(problems.map(({ nodeId, title }) => [nodeId, title])).toEqual([
      ...[
        ['a', 'A'],
        ['b', 'B'],
        ['c', 'C'],
        ['d', 'D'],
        [null, null],
        [null, null],
      ],
    ]);
    expect(problems.map(({ message }) => message)).toEqual([
      "Unknown node type 'quantum'.",
      expect.stringContaining('code_language'),
      expect.stringContaining('comparison_operator'),
      'The default value of n is not of the type number.',
      "[MISSING_NODE] Edge edge_0 references unknown target node 'nowhere'.",
      "[MISSING_NODE] Edge edge_1 references unknown source node 'ghost'.",
    ]);
  });

  test.each([
    [null, 'The graph has no list of nodes.'],
    [{ nodes: 'x' }, 'The graph has no list of nodes.'],
    [{ nodes: [] }, '[INVALID_ROOT] The workflow has no start node.'],
  ])('%j', (definition, message) => {
    expect(readGraph(definition, nodeKinds)).toEqual({
      kind: 'problems',
      problems: [{ nodeId: null, title: null, message }],
    });
  });

  test('several start nodes, unless one is chosen', () => {
    const nodes = [
      start,
      node('other', 'start'),
      node('a', 'answer', { answer: 'a' }),
      node('b', 'answer', { answer: 'b' }),
    ];
    const lines = edges('start -> a', 'other -> b');
    expect(problemsOf(nodes, lines)).toMatchObject([
      { nodeId: 'other', message: 'The workflow has several start nodes.' },
    ]);
    const { root } = graphOf(nodes, lines, { root: 'other' });
    expect([root.rootId, root.otherRoots]).toEqual(['other', ['start']]);
  });

  test('edges into containers, containers in one another, and containers too deep', () => {
    const each = node('each', 'iteration', { iterator_selector: ['a', 'b'], start_node_id: 's' });
    const inner = [node('s', 'iteration-start', {}, 'each'), node('in', 'answer', { answer: '' }, 'each')];
    expect(problemsOf([start, each, ...inner], edges('start -> each', 'start -> in'))).toMatchObject([
      { nodeId: 'start', message: "Edge edge_1 from 'start' to 'in' crosses the border of a container." },
    ]);
    const knot = ['x', 'y'].map((id) => node(id, 'loop', { loop_count: 1 }, id === 'x' ? 'y' : 'x'));
    expect(problemsOf([start, ...knot]).map(({ nodeId }) => nodeId)).toEqual(['x', 'y', 'xstart', 'ystart']);
    const tower = Array.from({ length: 40 }, (_, at) =>
      node(`l${at}`, 'loop', { loop_count: 1 }, at > 0 ? `l${at - 1}` : undefined),
    );
    expect(problemsOf([start, ...tower])[0]?.message).toBe('Containers are nested deeper than 16 levels.');
  });
});

describe("what Dify's editor would have changed", () => {
  test('notes are no nodes, unknown keys no error, edges without a handle leave by source', () => {
    const { root } = graphOf(
      [
        start,
        { id: 'note', type: 'custom-note', data: { type: '' } },
        node('a', 'answer', { answer: 'x', zebra: 1 }),
        node('x', ''),
      ],
      [
        { source: 'start', target: 'a' },
        { source: null, target: 'a' },
      ],
    );
    expect([...root.nodes.keys()]).toEqual(['start', 'a']);
    expect(root.edges).toMatchObject([{ id: 'edge_0', handle: 'source' }]);
  });

  test('old iterations get a start node in front of their first', () => {
    const { nodes } = graphOf(
      [
        start,
        node('each', 'iteration', { iterator_selector: ['a', 'b'], start_node_id: 'first' }),
        node('first', 'answer', { answer: '', isIterationStart: true }, 'each'),
      ],
      edges('start -> each'),
    );
    const inside = nodes.get('each')?.inside;
    expect(inside?.rootId).toBe('eachstart');
    expect(inside?.edges).toMatchObject([{ source: 'eachstart', target: 'first' }]);
    expect(nodes.get('eachstart')?.type).toBe('iteration-start');
  });

  test('containers without anything inside get a start node; those with one keep it', () => {
    const { nodes } = graphOf([
      start,
      node('loop', 'loop', { loop_count: 1 }),
      node('each', 'iteration', { iterator_selector: ['a', 'b'], start_node_id: 's' }),
      node('s', 'iteration-start', {}, 'each'),
    ]);
    expect(nodes.get('loop')?.inside?.rootId).toBe('loopstart');
    expect(nodes.get('each')?.inside?.rootId).toBe('s');
    expect(nodes.has('eachstart')).toBe(false);
  });

  test('an if-else of one case, and the retries of HTTP nodes', () => {
    const conditions = [{ variable_selector: ['a', 'b'], comparison_operator: 'empty' }];
    const { nodes } = graphOf([
      start,
      node('if', 'if-else', { logical_operator: 'or', conditions }),
      node('http', 'http-request', { method: 'GET', url: 'x' }),
      node('once', 'http-request', {
        method: 'get',
        url: 'x',
        retry_config: { retry_enabled: false, max_retries: 3 },
      }),
    ]);
    expect(nodes.get('if')?.config).toMatchObject({ cases: [{ case_id: 'true', logical_operator: 'or' }] });
    expect(nodes.get('http')?.retry).toEqual({ max: 3, intervalMs: 100 });
    expect(nodes.get('once')?.retry).toBeNull();
  });

  test('edges that form a cycle go', () => {
    const names = ['a', 'b', 'c', 'd'];
    const { root } = graphOf(
      [start, ...names.map((id) => node(id, 'answer', { answer: '' }))],
      edges('start -> a -> b -> c -> b', 'c -> d -> d'),
    );
    expect(root.edges.map(({ source, target }) => `${source}${target}`)).toEqual(['starta', 'ab', 'cd']);
  });

  test('a graph of 20,000 nodes in a row, or in a circle, is read', () => {
    const many = Array.from({ length: 20_000 }, (_, at) => `n${at}`);
    const nodes = [start, ...many.map((id) => node(id, 'answer', { answer: '' }))];
    const line = edges(['start', ...many].join('->'));
    expect(graphOf(nodes, line).root.edges).toHaveLength(20_000);
    expect(graphOf(nodes, [...line, ...edges('n19999 -> n0')]).root.edges).toHaveLength(1);
  });
});

test('a graph cannot be changed', () => {
  const { root } = graphOf([start, node('a', 'answer', { answer: 'x' })], edges('start -> a'));
  expect(Object.isFrozen(root.nodes.get('a'))).toBe(true);
  expect(Object.isFrozen(root.nodes.get('a')?.config)).toBe(true);
});

test('ids may be numbers that nobody has quoted; what YAML has made booleans of is told', () => {
  const end = node('2', 'end', { outputs: [{ variable: 'out', value_selector: ['1', 'query'] }] });
  const nodes = [
    { ...node('1', 'start', { variables: [] }), id: 1 },
    { ...end, id: 2 },
  ];
  const read = readGraph({ nodes, edges: [{ source: 1, target: 2 }] }, nodeKinds);
  expect(read.kind === 'graph' && read.graph.root.edges).toMatchObject([{ source: '1', target: '2' }]);
  const odd = [...nodes, { ...end, id: true }];
  const refused = readGraph({ nodes: odd, edges: [{ source: 1, target: true }] }, nodeKinds);
  expect(refused).toEqual({
    kind: 'problems',
    problems: [
      { nodeId: null, title: null, message: 'The id of a node is true: it must be quoted.' },
      { nodeId: null, title: null, message: 'An edge leads to or from true: the id must be quoted.' },
    ],
  });
});

test('a branch that nobody has quoted is taken', () => {
  const cases = [{ case_id: 'true', logical_operator: 'and', conditions: [] }];
  const nodes = [node('start', 'start'), node('if', 'if-else', { cases }), node('end', 'end')];
  const lines = [
    { source: 'start', target: 'if' },
    { source: 'if', sourceHandle: true, target: 'end' },
  ];
  const read = readGraph({ nodes, edges: lines }, nodeKinds);
  expect(read.kind === 'graph' && read.graph.root.edges.map(({ handle }) => handle)).toEqual([
    'source',
    'true',
  ]);
});
