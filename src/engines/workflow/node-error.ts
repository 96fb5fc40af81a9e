import type { NodeDetails } from './node-result.ts';
import type { ValueRecord } from './values/value.ts';

export interface FailureDetails extends NodeDetails {
  /** What can be said all the same, e.g. the answer of a server that refused. */
  readonly outputs?: ValueRecord;
  readonly cause?: unknown;
}

/** How a node failed, in words for the app's author. `type` is the name that an error branch sees as `error_type`. */
export class NodeError extends Error {
  readonly type: string;
  readonly details: FailureDetails;

  constructor(type: string, message: string, details: FailureDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'NodeError';
    this.type = type;
    this.details = details;
  }
}

/** What Dify calls an error that no node foresaw. */
export const UNFORESEEN = 'WorkflowNodeError';

export function asNodeError(error: unknown): NodeError {
  if (error instanceof NodeError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new NodeError(UNFORESEEN, message, { cause: error });
}
