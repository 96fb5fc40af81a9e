import type { NodeEvent, NodeValues, WorkflowRound } from './workflow-event.ts';

/**
 * `execution_metadata` of a node that has ended, by the names that clients know (`facts/dify-wire.md` §3.4): what it has
 * used, the rounds that it belongs to, and what its kind says.
 */
export function nodeMetadata({
  usage,
  metadata,
  round,
}: Pick<Extract<NodeEvent, { usage: unknown }>, 'usage' | 'metadata' | 'round'>): NodeValues {
  return {
    ...(usage === null
      ? {}
      : { total_tokens: usage.tokens, total_price: usage.price, currency: usage.currency }),
    ...metadata,
    ...roundIds(round),
  };
}

/** The innermost iteration and the innermost loop. */
function roundIds(round: WorkflowRound | null): NodeValues {
  const iteration = innermost(round, 'iteration');
  const loop = innermost(round, 'loop');
  return {
    ...(iteration === null ? {} : { iteration_id: iteration.containerId, iteration_index: iteration.index }),
    ...(loop === null ? {} : { loop_id: loop.containerId, loop_index: loop.index }),
  };
}

/** The nearest round of a container of this type that something is in; null: it is in none. */
export function innermost(round: WorkflowRound | null, containerType: string): WorkflowRound | null {
  for (let at = round; at !== null; at = at.outer) if (at.containerType === containerType) return at;
  return null;
}
