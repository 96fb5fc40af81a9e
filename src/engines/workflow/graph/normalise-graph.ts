import type { NodeKind } from '../node-kind.ts';
import type { RawEdge, RawGraph, RawNode } from './raw-graph.ts';
import { withoutCycles } from './without-cycles.ts';

/**
 * What Dify's editor does to a file before it is published, and Dify's engine relies on (`facts/dify-dsl-engine.md` §2.5).
 * What concerns one kind only is in that kind's `normalise`.
 */
export function normaliseGraph(graph: RawGraph, kindOf: (type: string) => NodeKind | undefined): RawGraph {
  const nodes = new Map<string, RawNode>();
  const edges: RawEdge[] = [...withoutCycles(graph.edges)];
  for (const node of graph.nodes.values()) {
    const kind = kindOf(node.type);
    const data = kind?.normalise?.(node.data) ?? node.data;
    nodes.set(node.id, { ...node, data });
  }
  for (const node of [...nodes.values()]) {
    const start = kindOf(node.type)?.start;
    if (start !== undefined) beginInside(node, start, nodes, edges);
  }
  return { nodes, edges, unnamed: graph.unnamed };
}

/** Old files let a container begin with its first real node. It gets a start node in front of that. */
function beginInside(container: RawNode, start: string, nodes: Map<string, RawNode>, edges: RawEdge[]): void {
  const given = container.data.start_node_id;
  const first = typeof given === 'string' ? nodes.get(given) : undefined;
  if (first?.type === start) return;
  const id = `${container.id}start`;
  if (nodes.get(id)?.type !== start) {
    nodes.set(id, { id, type: start, title: '', parentId: container.id, data: { type: start } });
    if (first !== undefined) {
      edges.push({ id: `edge_${id}`, source: id, handle: 'source', target: first.id });
    }
  }
  nodes.set(container.id, { ...container, data: { ...container.data, start_node_id: id } });
}
