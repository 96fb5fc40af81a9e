import { asNodeError, type FailureDetails, NodeError } from '../node-error.ts';

/** The same failure with what can be told of the node besides. What the failure itself tells comes first. */
export function withDetails(error: unknown, details: FailureDetails): NodeError {
  const told = asNodeError(error);
  return new NodeError(told.type, told.message, { ...details, ...told.details, cause: error });
}
