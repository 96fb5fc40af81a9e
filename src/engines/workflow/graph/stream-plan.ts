import type { Segment } from '../pool/references.ts';
import { selectorKey } from '../pool/selector-key.ts';
import type { GraphNode, StreamPlan } from './graph.ts';

/**
 * What responses show, and which nodes they wait for: those that may lead elsewhere, or change what a response shows
 * (`facts/dify-dsl-engine.md` §6.1). Responses that wait for the same nodes share a group, so that following a run costs no
 * more for many of them.
 */
export function streamPlan(nodes: readonly GraphNode[]): StreamPlan | null {
  const responses = nodes.filter(({ kind }) => kind.role === 'response');
  if (responses.length === 0) return null;
  const always = nodes.filter(
    ({ branching, kind }) => branching || kind.role === 'container' || kind.role === 'response',
  );
  const writers = new Map<string, string[]>();
  for (const { id, kind, config } of nodes) {
    for (const key of (kind.writes?.(config) ?? []).map(variableKey)) {
      const ids = writers.get(key);
      if (ids === undefined) writers.set(key, [id]);
      else ids.push(id);
    }
  }
  const segments = new Map<string, readonly Segment[]>();
  const shown = new Set<string>();
  const groups = new Map<string, { responses: Set<string>; blocking: Set<string> }>();
  for (const node of responses) {
    const own = node.kind.segments?.(node.config) ?? [];
    segments.set(node.id, own);
    const selectors = own.flatMap((segment) => (segment.kind === 'variable' ? [segment.selector] : []));
    for (const selector of selectors) shown.add(selectorKey(selector));
    const waits = [
      ...new Set(selectors.flatMap((selector) => writers.get(variableKey(selector)) ?? [])),
    ].sort();
    const key = waits.join('\n');
    const group = groups.get(key) ?? {
      responses: new Set<string>(),
      blocking: new Set([...always.map(({ id }) => id), ...waits]),
    };
    group.responses.add(node.id);
    groups.set(key, group);
  }
  return { segments, shown, groups: [...groups.values()] };
}

function variableKey(selector: readonly string[]): string {
  return selectorKey(selector.slice(0, 2));
}
