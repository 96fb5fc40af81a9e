import type { GraphNode } from '../graph/graph.ts';
import type { NodeContext } from '../node-context.ts';
import { asNodeError, NodeError } from '../node-error.ts';
import type { NodeResult } from '../node-result.ts';
import type { Clock } from '../workflow-services.ts';

export interface AttemptOptions {
  readonly node: GraphNode;
  readonly attempt: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  contextOf(attempt: number): NodeContext;
  /** The wait after a failed attempt is over. */
  onRetry(retry: number, error: NodeError): void;
  /** Called once, and at once when the kind needs no Promise; never after `signal` has aborted. */
  settle(outcome: NodeResult | NodeError): void;
  /** `settle` has thrown, because a kind gave back what no kind may. */
  onBroken(error: unknown): void;
}

/** Runs a node until it succeeds, or its retries are used up. */
export function attemptNode(options: AttemptOptions): void {
  const { node, attempt, signal } = options;
  const settle = (outcome: NodeResult | NodeError) => {
    if (signal.aborted) return;
    try {
      if (!(outcome instanceof NodeError) && !outcome?.outputs)
        throw new TypeError(`${node.type} gave no outputs.`);
      options.settle(outcome);
    } catch (error) {
      options.onBroken(error);
    }
  };
  const failed = (error: unknown) => {
    if (signal.aborted) return;
    const told = asNodeError(error);
    if (node.retry === null || attempt >= node.retry.max) return settle(told);
    const again = () => {
      if (signal.aborted) return;
      options.onRetry(attempt + 1, told);
      attemptNode({ ...options, attempt: attempt + 1 });
    };
    options.clock
      .sleep(node.retry.intervalMs, { signal })
      .then(again)
      .catch((error) => {
        if (!signal.aborted) options.onBroken(error);
      });
  };
  let result: NodeResult | Promise<NodeResult>;
  try {
    result = node.kind.run(node.config, options.contextOf(attempt));
  } catch (error) {
    failed(error);
    return;
  }
  if (result instanceof Promise) result.then(settle, failed);
  else settle(result);
}
