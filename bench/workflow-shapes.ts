/**
 * Graphs whose nodes cost next to nothing, so that what remains is the engine, and around it the server: as the app files
 * that Parley serves, and as the graphs that the bare engine runs.
 */
export interface WorkflowShape {
  readonly id: string;
  readonly title: string;
  readonly key: string;
  /** Nodes that one run starts, those inside containers included. */
  readonly nodes: number;
  readonly graph: { readonly nodes: readonly Data[]; readonly edges: readonly Data[] };
  readonly inputs: Readonly<Record<string, unknown>>;
}

type Data = Readonly<Record<string, unknown>>;

const ITEMS = 1000;
/** More than any of these shapes starts; the default is for workflows that somebody drew. */
export const MAX_STEPS = 10_000;

const node = (id: string, type: string, data: Data = {}, parentId?: string): Data => ({
  id,
  type: 'custom',
  data: { type, title: id, ...data },
  ...(parentId !== undefined && { parentId }),
});

const start = node('start', 'start', {
  variables: [
    { variable: 'query', label: 'query', type: 'text-input', required: false },
    { variable: 'items', label: 'items', type: 'json_object', required: false },
  ],
});
const end = (selector: readonly string[]): Data =>
  node('end', 'end', { outputs: [{ variable: 'out', value_selector: selector }] });
const template = (id: string, from: readonly string[], parent?: string): Data =>
  node(
    id,
    'template-transform',
    { variables: [{ variable: 'x', value_selector: from }], template: '{{ x }}!' },
    parent,
  );
const aggregator = (id: string): Data =>
  node(id, 'variable-aggregator', { output_type: 'string', variables: [['start', 'query']] });

const chain = (ids: readonly string[]): Data[] =>
  ids.slice(1).map((target, at) => ({ source: ids[at], sourceHandle: 'source', target }));
const names = (count: number): string[] => Array.from({ length: count }, (_, at) => `n${at}`);

function shape(
  id: string,
  title: string,
  nodes: number,
  graph: WorkflowShape['graph'],
  inputs: WorkflowShape['inputs'] = { query: 'hello' },
): WorkflowShape {
  return { id, title, key: `app-${id}-0123456789abcdefghij`, nodes, graph, inputs };
}

function chainOf(count: number, make: (id: string) => Data): WorkflowShape['graph'] {
  const ids = names(count - 2);
  return {
    nodes: [start, ...ids.map(make), end([`n${count - 3}`, 'output'])],
    edges: chain(['start', ...ids, 'end']),
  };
}

function iteration(parallel: boolean): WorkflowShape['graph'] {
  const each = node('each', 'iteration', {
    ...{ iterator_selector: ['start', 'items', 'list'], output_selector: ['t', 'output'] },
    ...{ start_node_id: 's', is_parallel: parallel, parallel_nums: 10 },
  });
  return {
    nodes: [
      start,
      each,
      node('s', 'iteration-start', {}, 'each'),
      template('t', ['each', 'item'], 'each'),
      end(['each', 'output']),
    ],
    edges: [...chain(['start', 'each', 'end']), ...chain(['s', 't'])],
  };
}

const list = { items: { list: Array.from({ length: ITEMS }, (_, at) => `item ${at}`) } };
const wide = names(1000);

export const EMPTY = shape('empty', 'start → end', 2, {
  nodes: [start, end(['start', 'query'])],
  edges: chain(['start', 'end']),
});
export const CHAIN = shape(
  'chain',
  'chain of 100 (templates)',
  100,
  chainOf(100, (id) => template(id, ['start', 'query'])),
);
export const EACH = shape('each', 'iteration of 1,000, parallel', 3 + 2 * ITEMS, iteration(true), list);

/** Served by Parley, and run by the bare engine beside it. */
export const SERVED: readonly WorkflowShape[] = [EMPTY, CHAIN, EACH];

/** Run by the bare engine alone: what would show that it is not linear. */
export const BARE: readonly WorkflowShape[] = [
  shape('aggregators', 'chain of 100 (aggregators)', 100, chainOf(100, aggregator)),
  shape('long', 'chain of 1,000 (aggregators)', 1000, chainOf(1000, aggregator)),
  shape('wide', '1,000 side by side', 1002, {
    nodes: [start, ...wide.map(aggregator), end(['n999', 'output'])],
    edges: wide.flatMap((id) => chain(['start', id, 'end'])),
  }),
  shape('in-turn', 'iteration of 1,000, in turn', 3 + 2 * ITEMS, iteration(false), list),
];

/** A Dify DSL file; JSON is YAML too. */
export function workflowFile({ id, graph }: WorkflowShape): string {
  return JSON.stringify({
    version: '0.5.0',
    kind: 'app',
    app: { name: id, mode: 'workflow' },
    workflow: { graph },
  });
}

/** `parley.yml` for the shapes that are served. */
export function workflowConfig(): string {
  const keys = SERVED.map(({ id, key }) => `  - { key: ${key}, app: ${id} }\n`).join('');
  return `keys:\n${keys}limits: { workflow_steps: ${MAX_STEPS} }\n`;
}
