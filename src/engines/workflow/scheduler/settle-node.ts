import { FAIL_BRANCH, type GraphNode } from '../graph/graph.ts';
import type { NodeError } from '../node-error.ts';
import type { NodeResult } from '../node-result.ts';

/** How a node goes on after an error, by its strategy (`facts/dify-dsl-engine.md` §5.3); null: it has none. */
export function resultOfException(node: GraphNode, error: NodeError): NodeResult | null {
  const { errorStrategy } = node;
  if (errorStrategy === null) return null;
  const { inputs, processData, usage, metadata } = error.details;
  const seen = { error_message: error.message, error_type: error.type };
  const details = {
    ...(inputs && { inputs }),
    ...(processData && { processData }),
    ...(usage && { usage }),
    metadata: { ...metadata, error_strategy: errorStrategy.kind },
  };
  return errorStrategy.kind === 'fail-branch'
    ? { ...details, outputs: seen, handle: FAIL_BRANCH }
    : {
        ...details,
        outputs: { ...errorStrategy.values, ...seen },
        types: errorStrategy.types,
        handle: 'source',
      };
}

/** The edges it takes: those of one handle when it branches, else all. */
export function handleOf(node: GraphNode, result: NodeResult): string | null {
  return node.branching ? (result.handle ?? 'source') : null;
}
