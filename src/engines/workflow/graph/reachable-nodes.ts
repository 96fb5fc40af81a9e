import type { GraphNode, GraphPart } from './graph.ts';

/** The nodes that some run may come to, by id: what edges lead to from a part's root, with the insides of containers. */
export function reachableNodes(part: GraphPart): ReadonlyMap<string, GraphNode> {
  const found = new Map<string, GraphNode>();
  const parts = [part];
  for (let at = parts.pop(); at !== undefined; at = parts.pop()) {
    const ids = [at.rootId];
    for (let id = ids.pop(); id !== undefined; id = ids.pop()) {
      const node = at.nodes.get(id);
      if (node === undefined || found.has(id)) continue;
      found.set(id, node);
      if (node.inside !== null) parts.push(node.inside);
      for (const { target } of node.outgoing) ids.push(target);
    }
  }
  return found;
}
