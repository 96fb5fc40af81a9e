import { isRecord } from '../../config/is-record.ts';
import type { DslNode } from './dsl-node.ts';

/** Where the nodes of a graph stand in the file, and what their author calls them. */
export interface GraphNodes {
  /** Null, unknown: the line of the graph. */
  lineOf(id: string | null): number;
  /** `node "Think"`; by its id where it has no title. */
  nameOf(id: string): string;
  /** A problem at the line of a node. */
  problem(id: string | null, reason: string): void;
}

export function graphNodes(graph: DslNode): GraphNodes {
  const nodes = graph.get('nodes');
  const byId = new Map<string | null, DslNode>();
  for (const node of Array.isArray(nodes.value) ? nodes.items() : []) {
    const id = isRecord(node.value) ? node.value.id : undefined;
    if (typeof id === 'string' || typeof id === 'number') byId.set(String(id), node);
  }
  return {
    lineOf: (id) => (byId.get(id) ?? graph).line,
    nameOf(id) {
      const title = byId.get(id)?.get('data').get('title').value;
      return typeof title === 'string' && title !== '' ? `node "${title.slice(0, 100)}"` : `node ${id}`;
    },
    problem: (id, reason) => (byId.get(id) ?? graph).problem(reason),
  };
}
