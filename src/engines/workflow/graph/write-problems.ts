import { CONVERSATION, ENVIRONMENT, SYSTEM, selectorText } from '../pool/selector.ts';
import type { Graph, GraphNode, GraphPart } from './graph.ts';
import type { GraphProblem } from './graph-problem.ts';
import { reachableNodes } from './reachable-nodes.ts';

/**
 * Nodes that set what they may not: only variables of the conversation and of loops that they are in can be set
 * (`facts/dify-dsl-engine.md` §3.7, §4.11). What is not there at all is for the run to say, and no fault of a node that none
 * comes to.
 */
export function writeProblems({ root, nodes }: Graph): GraphProblem[] {
  const problems: GraphProblem[] = [];
  const reachable = reachableNodes(root);
  visit(root, []);
  return problems;

  function visit(part: GraphPart, loops: readonly string[]): void {
    for (const node of part.nodes.values()) {
      if (reachable.has(node.id)) check(node, loops);
      if (node.inside !== null)
        visit(node.inside, node.kind.hasVariables === true ? [...loops, node.id] : loops);
    }
  }

  function check({ id, title, kind, config }: GraphNode, loops: readonly string[]): void {
    for (const selector of kind.writes?.(config) ?? []) {
      const [owner = ''] = selector;
      if (owner === CONVERSATION || loops.includes(owner)) continue;
      if (owner !== ENVIRONMENT && owner !== SYSTEM && !nodes.has(owner)) continue;
      const message = `${selectorText(selector)} cannot be set: only variables of the conversation, and of a loop that the node is in, can.`;
      problems.push({ nodeId: id, title, message });
    }
  }
}
