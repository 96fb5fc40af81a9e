import type { GraphNode } from '../graph/graph.ts';
import type { NodeResult } from '../node-result.ts';
import type { Value } from '../values/value.ts';

/**
 * What a run gives back (`facts/dify-dsl-engine.md` §4.2, §4.3): ends are merged key by key, later ones on top; answers are
 * put one after the other. What answers inside a loop say belongs to it as well.
 */
export function mergeOutputs(into: Record<string, Value>, node: GraphNode, result: NodeResult): void {
  const said = node.kind.role === 'response' ? result.outputs : result.said;
  const joining = node.type !== 'end';
  for (const [name, value] of Object.entries(said ?? {})) {
    const before = into[name];
    const joins = joining && name === 'answer' && typeof before === 'string';
    Object.defineProperty(into, name, {
      value: joins ? before + String(value) : value,
      enumerable: true,
      writable: true,
      configurable: true,
    });
  }
}
