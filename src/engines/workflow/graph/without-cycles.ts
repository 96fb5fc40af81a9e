import type { RawEdge } from './raw-graph.ts';

/**
 * The edges that are part of no cycle, as Dify's editor leaves them (`facts/dify-dsl-engine.md` §2.5, row 8): those
 * between nodes that can reach one another go. This is Tarjan's algorithm, with a stack of its own, since files from
 * outside choose the depth.
 */
export function withoutCycles(edges: readonly RawEdge[]): readonly RawEdge[] {
  const next = new Map<string, string[]>();
  for (const { source, target } of edges) {
    const targets = next.get(source);
    if (targets === undefined) next.set(source, [target]);
    else targets.push(target);
  }
  const component = new Map<string, number>();
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const open: string[] = [];
  for (const start of next.keys()) {
    if (!order.has(start)) visit(start);
  }
  return edges.filter(({ source, target }) => component.get(source) !== component.get(target));

  function visit(start: string): void {
    const path: { readonly node: string; at: number }[] = [];
    enter(start);
    while (path.length > 0) {
      const step = path[path.length - 1] as { readonly node: string; at: number };
      const target = next.get(step.node)?.[step.at];
      if (target === undefined) {
        leave(step.node);
        path.pop();
        const above = path.at(-1);
        if (above !== undefined) lower(above.node, lowest.get(step.node) as number);
      } else {
        step.at += 1;
        if (!order.has(target)) enter(target);
        else if (!component.has(target)) lower(step.node, order.get(target) as number);
      }
    }

    function enter(node: string): void {
      order.set(node, order.size);
      lowest.set(node, order.get(node) as number);
      open.push(node);
      path.push({ node, at: 0 });
    }
  }

  function lower(node: string, to: number): void {
    if (to < (lowest.get(node) as number)) lowest.set(node, to);
  }

  function leave(node: string): void {
    if (lowest.get(node) !== order.get(node)) return;
    let member: string | undefined;
    do {
      member = open.pop() as string;
      component.set(member, order.get(node) as number);
    } while (member !== node);
  }
}
