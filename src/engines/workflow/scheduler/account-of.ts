import type { Round } from '../events.ts';
import type { GraphNode } from '../graph/graph.ts';
import type { NodeError } from '../node-error.ts';
import type { NodeResult } from '../node-result.ts';
import { maskRecord, maskText, type Secrets } from '../pool/mask-secrets.ts';

interface Executed {
  readonly node: GraphNode;
  readonly executionId: string;
  readonly startedAt: number;
}

interface Ended {
  readonly round: Round | null;
  readonly details: Partial<NodeResult>;
  readonly error: NodeError | null;
  readonly at: number;
  /** Not to be told. */
  readonly secrets: Secrets;
}

/** What all events of a node say of it. */
export function nameOf({ node, executionId }: Pick<Executed, 'node' | 'executionId'>, round: Round | null) {
  const { id, type, title } = node;
  return { executionId, nodeId: id, nodeType: type, title, round };
}

/** What is told of an attempt that has ended, well or not. */
export function accountOf(executed: Executed, { round, details, error, at, secrets }: Ended) {
  const { startedAt, node } = executed;
  const outputs = details.outputs ?? {};
  return {
    ...nameOf(executed, round),
    startedAt,
    at,
    elapsedMs: at - startedAt,
    inputs: maskRecord(details.inputs ?? {}, secrets),
    processData: maskRecord(details.processData ?? {}, secrets),
    // What a response says is what its author wants to be said.
    outputs: node.kind.role === 'response' ? outputs : maskRecord(outputs, secrets),
    error: error === null ? null : maskText(error.message, secrets),
    errorType: error?.type ?? null,
    usage: details.usage ?? null,
    metadata: maskRecord(details.metadata ?? {}, secrets),
  };
}
