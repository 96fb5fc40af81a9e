import type { WorkflowConfig } from '../../apps/app.ts';
import type { WorkflowNeed, WorkflowReader, WorkflowReading } from '../../apps/workflow-reader.ts';
import { isRecord } from '../../config/is-record.ts';
import { ParleyError } from '../../errors.ts';
import type { Graph } from './graph/graph.ts';
import type { GraphProblem } from './graph/graph-problem.ts';
import { rawGraph } from './graph/raw-graph.ts';
import { reachableNodes } from './graph/reachable-nodes.ts';
import { type ReadGraph, readGraph } from './graph/read-graph.ts';
import { nodeKinds } from './node-kinds.ts';

/** Far beyond what people draw; the graph of an app is made ready to run in one go. */
const MAX_NODES = 10_000;
const MAX_EDGES = 100_000;

/** By the graph of the file: an app's graph is read when the app is, and not again. */
const graphs = new WeakMap<object, Graph>();

/**
 * Reads the graph of an app for `readApp`. Both modes have the same rules, as in Dify: answer nodes of a workflow and a
 * chatflow without any are no faults.
 *
 * What only nodes need, or do, that no run comes to is not listed: files often have some that their author has cut off.
 */
export const readWorkflow: WorkflowReader = (definition) => {
  const read = graphOrProblems(definition);
  if (read.kind === 'problems') return { problems: read.problems.map(withoutTitle), needs: [] };
  const reachable = reachableNodes(read.graph.root);
  const needs: (WorkflowNeed & { readonly nodeId: string })[] = [];
  const warnings: NonNullable<WorkflowReading['warnings']>[number][] = [];
  const says: NonNullable<WorkflowReading['says']>[number][] = [];
  for (const nodeId of rawGraph(definition)?.nodes.keys() ?? []) {
    const node = reachable.get(nodeId);
    if (node === undefined) continue;
    const { kind, config } = node;
    for (const need of kind.needs?.(config) ?? []) needs.push({ ...need, nodeId });
    for (const message of kind.warnings?.(config) ?? []) warnings.push({ nodeId, message });
    for (const segment of kind.segments?.(config) ?? [])
      if (segment.kind === 'variable') says.push({ nodeId, selector: segment.selector });
  }
  return { problems: [], needs, warnings, says };
};

/**
 * The graph of an app, ready to run.
 *
 * @throws ParleyError when `readWorkflow` would have found problems
 */
export function graphOf({ graph }: Pick<WorkflowConfig, 'graph'>): Graph {
  const read = graphOrProblems(graph);
  if (read.kind === 'graph') return read.graph;
  const [first] = read.problems;
  throw new ParleyError('app_unavailable', 400, `The workflow cannot run: ${first?.message ?? 'no graph.'}`);
}

function graphOrProblems(definition: unknown): ReadGraph {
  const key = typeof definition === 'object' ? definition : null;
  const known = key === null ? undefined : graphs.get(key);
  if (known !== undefined) return { kind: 'graph', graph: known };
  const read = isTooLarge(definition) ? TOO_LARGE : readGraph(definition, nodeKinds);
  if (read.kind === 'graph' && key !== null) graphs.set(key, read.graph);
  return read;
}

const TOO_LARGE: ReadGraph = {
  kind: 'problems',
  problems: [
    {
      nodeId: null,
      title: null,
      message: `The graph has more than ${MAX_NODES} nodes or ${MAX_EDGES} edges.`,
    },
  ],
};

function isTooLarge(definition: unknown): boolean {
  if (!isRecord(definition)) return false;
  const count = (list: unknown) => (Array.isArray(list) ? list.length : 0);
  return count(definition.nodes) > MAX_NODES || count(definition.edges) > MAX_EDGES;
}

function withoutTitle({ nodeId, message }: GraphProblem): Pick<GraphProblem, 'nodeId' | 'message'> {
  return { nodeId, message };
}
