import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { answered, sendChat } from '../support/parley/turns.ts';
import {
  answerNode,
  endNode,
  graphApp,
  startNode,
  type TestEdge,
  type TestNode,
  templateNode,
} from '../workflow/graph-app.ts';
import { lines } from '../workflow/stop-support.ts';
import { runWorkflow } from '../workflow/workflow-turns.ts';

let parley: TestParley;

const container = (id: string, parent?: string): Record<string, TestNode> => ({
  [id]: {
    ...{ type: 'loop', loop_count: 1, break_conditions: [], logical_operator: 'and', loop_variables: [] },
    ...{ start_node_id: `${id}s`, ...(parent && { parent }) },
  },
  [`${id}s`]: { type: 'loop-start', parent: id },
});

/** Containers, each in the one before. */
function nested(depth: number): string {
  const ids = Array.from({ length: depth }, (_, at) => `c${at}`);
  const nodes = Object.assign({}, ...ids.map((id, at) => container(id, ids[at - 1])));
  const inner = ids.slice(1).map((id, at) => `c${at}s -> ${id}`);
  return graphApp(
    'workflow',
    { start: startNode(), ...nodes, end: endNode({}) },
    { edges: lines('start -> c0 -> end', ...inner) },
  );
}

const many = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`t${at}`, templateNode('x')]));
const variable = (name: string, value: unknown, value_type = 'string') => ({
  ...{ id: name, name, value_type, value, description: '', selector: ['conversation', name] },
});
const chat = (conversation_variables: readonly unknown[], answer = '{{#conversation.a#}}') =>
  graphApp('advanced-chat', { start: startNode(), answer: answerNode(answer) }, { conversation_variables });
const t = templateNode('x');

/** Files that are refused when they are read, with what is said of them. */
const REFUSED: Readonly<Record<string, readonly [file: string, RegExp]>> = {
  'containers nested too deep': [nested(40), /nested deeper than 16/],
  'a container within itself': [
    graphApp('workflow', { start: startNode(), ...container('c', 'c'), end: endNode({}) }),
    /./,
  ],
  'containers within one another': [
    graphApp('workflow', {
      start: startNode(),
      ...container('a', 'b'),
      ...container('b', 'a'),
      end: endNode({}),
    }),
    /./,
  ],
  'too many nodes': [
    graphApp('workflow', { start: startNode(), ...many(11_000), end: endNode({}) }),
    /10000 nodes/,
  ],
  'too many edges': [
    graphApp(
      'workflow',
      { start: startNode(), a: t, b: t, end: endNode({}) },
      { edges: Array.from({ length: 100_001 }, () => ['a', 'b'] as const) },
    ),
    /100000 edges|10 MB/,
  ],
  'a huge default value': [chat([variable('a', 'x'.repeat(300 * 1024))]), /exceeds limit/],
  'a default value of another type': [chat([variable('a', 'no number', 'number')]), /./],
  'edges that lead nowhere': [
    graphApp(
      'workflow',
      { start: startNode(), a: t, end: endNode({}) },
      { edges: lines('start -> a -> end', 'ghost -> a', 'a -> ghost', '__proto__ -> constructor') },
    ),
    /MISSING_NODE/,
  ],
  'no node to begin with': [graphApp('workflow', { a: t, end: endNode({}) }), /./],
};

/** Files that are served, whatever they say. */
const SERVED: Readonly<Record<string, string>> = {
  cycle: graphApp(
    'workflow',
    { start: startNode(), a: t, b: t, end: endNode({}) },
    { edges: lines('start -> a -> b -> a', 'b -> end', 'b -> b') },
  ),
  island: graphApp(
    'workflow',
    { start: startNode(), a: t, b: t, end: endNode({}) },
    { edges: lines('start -> end', 'a -> b -> a') },
  ),
  names: graphApp('workflow', {
    start: startNode(),
    constructor: t,
    toString: t,
    end: endNode({ x: ['constructor', 'output'] }),
  }),
  itself: chat(
    [variable('a', '{{#conversation.a#}}{{#conversation.a#}}'), variable('b', '{{#conversation.a#}}')],
    '{{#conversation.a#}}{{#conversation.b#}}',
  ),
  deep: nested(16),
  wide: graphApp(
    'workflow',
    { start: startNode(), ...many(400), end: endNode({}) },
    { edges: Object.keys(many(400)).flatMap((id) => lines(`start -> ${id} -> end`)) },
  ),
  fan: graphApp(
    'workflow',
    { start: startNode(), ...many(250), end: endNode({}) },
    // Each node leads to all that follow it: 2^248 ways.
    { edges: [...everyPair(250), ['start', 't0'], ['t249', 'end']] },
  ),
};

function everyPair(count: number): TestEdge[] {
  const all = Object.keys(many(count));
  return all.flatMap((from, at) => all.slice(at + 1).map((to): TestEdge => [from, to]));
}

const id = (at: number) => `refused${at}`;

beforeAll(async () => {
  parley = await startParley({
    apps: {
      good: graphApp('workflow', { start: startNode(), end: endNode({}) }),
      ...Object.fromEntries(Object.values(REFUSED).map(([file], at) => [id(at), file])),
      ...SERVED,
    },
  });
});
afterAll(() => parley.close());

test.each(Object.entries(REFUSED).map(([name, [, said]], at) => [name, id(at), said] as const))(
  '%s is refused, with a word to the owner, and others are served',
  async (_, app, said) => {
    expect(() => parley.key(app)).toThrow();
    const about = parley.log
      .map((line) => JSON.stringify(line))
      .filter((line) => line.includes(`${app}.yml`));
    expect(about.join('\n')).toMatch(said);
    expect((await runWorkflow(parley, {}, 'good')).data.status).toBe('succeeded');
  },
);

describe('a hostile graph comes to an end', () => {
  test.each(['cycle', 'island', 'names', 'deep', 'wide', 'fan'])('%s', async (app) => {
    const { data } = await runWorkflow(parley, {}, app);
    expect(['succeeded', 'failed', 'partial-succeeded']).toContain(data.status);
    expect(Number(data.total_steps)).toBeLessThanOrEqual(501);
    expect(JSON.stringify(data)).not.toMatch(/native code|contact support/);
  });

  test('variables that speak of themselves are shown as they are', async () => {
    const { answer } = await answered(sendChat(parley, {}, 'itself'));
    expect(answer).toBe('{{#conversation.a#}}{{#conversation.a#}}{{#conversation.a#}}');
  });
});
