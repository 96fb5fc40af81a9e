import { describe, expect, test } from 'vitest';
import { edges, fakeKind, node, play, readOrThrow } from '../workflow.fixture.ts';

const start = node('start', 'start', { variables: [{ variable: 'items' }] });
const items = Array.from({ length: 200 }, (_, at) => at);

/** The first item fails; the others take a few turns of the event loop, or none. */
const work = fakeKind('work', ({ turns }, { pool }) => {
  if (pool.get(['each', 'index'])?.value === 0) throw new Error('enough');
  return Number(turns) === 0 ? { outputs: {} } : later(Number(turns));
});

/** Is busy for long after the container has ended. */
const busy = fakeKind('busy', () => later(500));

async function later(turns: number) {
  for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  return { outputs: {} };
}

interface Case {
  readonly is_parallel: boolean;
  readonly error_strategy: 'fail-branch' | 'default-value';
  readonly turns: number;
}

/** An iteration, or one within a loop, beside a node that goes on after it has failed. */
async function ended({ turns, ...data }: Case, outer: boolean) {
  const iteration = {
    iterator_selector: ['start', 'items'],
    start_node_id: 's',
    parallel_nums: 10,
    ...data,
  };
  const parent = outer ? 'outer' : undefined;
  const nodes = [
    start,
    node('each', 'iteration', outer ? { ...iteration, error_strategy: undefined } : iteration, parent),
    node('s', 'iteration-start', {}, 'each'),
    node('w', 'work', { turns }, 'each'),
    node('busy', 'busy'),
    ...(outer
      ? [
          node('outer', 'iteration', {
            iterator_selector: ['start', 'items'],
            start_node_id: 'os',
            ...data,
          }),
          node('os', 'iteration-start', {}, 'outer'),
        ]
      : []),
  ];
  const lines = outer
    ? edges('start -> outer', 'start -> busy', 'os -> each', 's -> w')
    : edges('start -> each', 'start -> busy', 's -> w');
  const { outcome, events } = await play(readOrThrow(nodes, lines, { kinds: [work, busy] }), {
    inputs: { items },
  });
  const container = outer ? 'outer' : 'each';
  const at = events.findIndex((event) => event.kind === 'node_finished' && event.nodeId === container);
  const inside = ['each', 's', 'w', 'outer', 'os'];
  const told = events.slice(at + 1).filter((event) => 'nodeId' in event && inside.includes(event.nodeId));
  return { outcome, told };
}

const cases = [true, false].flatMap((is_parallel) =>
  (['fail-branch', 'default-value'] as const).flatMap((error_strategy) =>
    [0, 1, 3].map((turns): Case => ({ is_parallel, error_strategy, turns })),
  ),
);

describe.each([
  ['an iteration', false],
  ['an iteration in an iteration', true],
])('after %s has failed', (_, outer) => {
  test.each(cases)('no round begins and nothing of it is told: %j', async (given) => {
    const { outcome, told } = await ended(given, outer);
    expect(told).toEqual([]);
    expect(outcome).toMatchObject({ status: 'partial-succeeded', exceptions: 1 });
  });
});
