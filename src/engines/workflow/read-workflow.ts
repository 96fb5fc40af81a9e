import type { WorkflowConfig } from '../../apps/app.ts';
import type { WorkflowNeed, WorkflowReader } from '../../apps/workflow-reader.ts';
import { ParleyError } from '../../errors.ts';
import type { Graph } from './graph/graph.ts';
import type { GraphProblem } from './graph/graph-problem.ts';
import { rawGraph } from './graph/raw-graph.ts';
import { reachableNodes } from './graph/reachable-nodes.ts';
import { type ReadGraph, readGraph } from './graph/read-graph.ts';
import { nodeKinds } from './node-kinds.ts';

/** By the graph of the file: an app's graph is read when the app is, and not again. */
const graphs = new WeakMap<object, Graph>();

/**
 * Reads the graph of an app for `readApp`. Both modes have the same rules, as in Dify: answer nodes of a workflow and a
 * chatflow without any are no faults.
 *
 * What only nodes need that no run comes to is not listed: files often have some that their author has cut off.
 */
export const readWorkflow: WorkflowReader = (definition) => {
  const read = graphOrProblems(definition);
  if (read.kind === 'problems') return { problems: read.problems.map(withoutTitle), needs: [] };
  const reachable = reachableNodes(read.graph.root);
  const needs: (WorkflowNeed & { readonly nodeId: string })[] = [];
  for (const nodeId of rawGraph(definition)?.nodes.keys() ?? []) {
    const node = reachable.get(nodeId);
    for (const need of node?.kind.needs?.(node.config) ?? []) needs.push({ ...need, nodeId });
  }
  return { problems: [], needs };
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
  const read = readGraph(definition, nodeKinds);
  if (read.kind === 'graph' && key !== null) graphs.set(key, read.graph);
  return read;
}

function withoutTitle({ nodeId, message }: GraphProblem): Pick<GraphProblem, 'nodeId' | 'message'> {
  return { nodeId, message };
}
