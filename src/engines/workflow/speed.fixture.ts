/**
 * What the bare engine costs, without a store: `node src/engines/workflow/speed.fixture.ts`. One line for each shape: CPU
 * and elapsed time per run.
 */
import type { Graph } from './graph/graph.ts';
import { readGraph } from './graph/read-graph.ts';
import { nodeKinds } from './node-kinds.ts';
import { startRun } from './start-run.ts';
import { systemClock } from './system-clock.ts';
import type { Value } from './values/value.ts';
import type { WorkflowServices } from './workflow-services.ts';

const services = {
  tenant: 'speed',
  allow: [],
  clock: systemClock,
  newId: () => crypto.randomUUID(),
} as unknown as WorkflowServices;

type Data = Readonly<Record<string, unknown>>;

const node = (id: string, type: string, data: Data = {}, parentId?: string) => ({
  id,
  data: { type, title: id, ...data },
  ...(parentId !== undefined && { parentId }),
});

const chain = (ids: readonly string[]) => ids.slice(1).map((target, at) => ({ source: ids[at], target }));

const start = node('start', 'start', { variables: [{ variable: 'query' }, { variable: 'items' }] });
const end = (selector: readonly string[]) =>
  node('end', 'end', { outputs: [{ variable: 'out', value_selector: selector }] });

const ids = Array.from({ length: 98 }, (_, at) => `n${at}`);
const template = (id: string, from: readonly string[], parent?: string) => {
  const variables = [{ variable: 'x', value_selector: from }];
  return node(id, 'template-transform', { variables, template: '{{ x }}!' }, parent);
};
const aggregator = (id: string) => node(id, 'variable-aggregator', { variables: [['start', 'query']] });
const wide = Array.from({ length: 1000 }, (_, at) => `w${at}`);

const each = (parallel: boolean) => [
  start,
  node('each', 'iteration', {
    ...{ iterator_selector: ['start', 'items'], output_selector: ['t', 'output'], start_node_id: 's' },
    ...{ is_parallel: parallel, parallel_nums: 10 },
  }),
  node('s', 'iteration-start', {}, 'each'),
  template('t', ['each', 'item'], 'each'),
  end(['each', 'output']),
];
const eachEdges = [...chain(['start', 'each', 'end']), ...chain(['s', 't'])];

const SHAPES: readonly (readonly [
  name: string,
  runs: number,
  nodes: readonly Data[],
  edges: readonly Data[],
])[] = [
  ['start → end', 5000, [start, end(['start', 'query'])], chain(['start', 'end'])],
  [
    'chain of 100',
    300,
    [start, ...ids.map((id) => aggregator(id)), end(['n97', 'output'])],
    chain(['start', ...ids, 'end']),
  ],
  [
    'chain of 100 templates',
    300,
    [start, ...ids.map((id) => template(id, ['start', 'query'])), end(['n97', 'output'])],
    chain(['start', ...ids, 'end']),
  ],
  [
    'chain of 1,000',
    30,
    [start, ...wide.map((id) => aggregator(id)), end(['w999', 'output'])],
    chain(['start', ...wide, 'end']),
  ],
  [
    '1,000 side by side',
    30,
    [start, ...wide.map((id) => aggregator(id)), end(['w999', 'output'])],
    wide.flatMap((id) => chain(['start', id, 'end'])),
  ],
  ['iteration of 1,000', 20, each(false), eachEdges],
  ['iteration of 1,000, parallel', 20, each(true), eachEdges],
];

async function run(graph: Graph, items: Value): Promise<void> {
  const { done } = startRun(graph, {
    services,
    signal: new AbortController().signal,
    limits: { maxSteps: 10_000 },
    variables: [
      [
        'start',
        [
          ['query', { value: 'hello' }],
          ['items', { value: items }],
        ],
      ],
    ],
    emit() {},
  });
  const { status, error } = await done;
  if (status !== 'succeeded') throw new Error(`${status}: ${error}`);
}

const items = Array.from({ length: 1000 }, (_, at) => `item ${at}`);
for (const [name, runs, nodes, edges] of SHAPES) {
  const read = readGraph({ nodes, edges }, nodeKinds);
  if (read.kind === 'problems') throw new Error(JSON.stringify(read.problems));
  for (let at = 0; at < runs / 5; at += 1) await run(read.graph, items);
  const cpu = process.cpuUsage();
  const from = performance.now();
  for (let at = 0; at < runs; at += 1) await run(read.graph, items);
  const { user, system } = process.cpuUsage(cpu);
  const each = ((user + system) / 1000 / runs).toFixed(3);
  console.log(
    `${name.padEnd(30)} ${each} ms CPU, ${((performance.now() - from) / runs).toFixed(3)} ms per run`,
  );
}
