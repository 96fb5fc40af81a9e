/** JSON, as nodes read and made it; secrets are masked. */
export type NodeValues = Readonly<Record<string, unknown>>;

/**
 * What happens to one node of a workflow's run, as the hall carries it from the engine to surfaces and store. Times are
 * milliseconds since 1970, durations milliseconds. Containers (iterations, loops) and their start nodes have their
 * `node_started` and `node_finished` too, with their reports in between.
 */
export type NodeEvent = NodeStarted | NodeEnded | NodeReported;

interface OfNode {
  /** Of this one execution; the same for all its events. */
  readonly executionId: string;
  readonly nodeId: string;
  readonly nodeType: string;
  readonly title: string;
  /** The round of a container that it belongs to; null: the top. */
  readonly round: WorkflowRound | null;
  readonly at: number;
}

/** A round of a container, with the round that the container itself is in. */
export interface WorkflowRound {
  readonly containerId: string;
  readonly containerType: string;
  /** From 0. */
  readonly index: number;
  readonly outer: WorkflowRound | null;
}

export interface NodeStarted extends OfNode {
  readonly kind: 'node_started';
  /** What clients are told of it beside its name, such as `agent_strategy`. */
  readonly about: NodeValues;
}

/** An attempt has ended: the last one, or one that is followed by another. */
export type NodeEnded = NodeAccount &
  (
    | { readonly kind: 'node_finished'; readonly status: 'succeeded' | 'failed' | 'exception' }
    /** `retry`: 1 for the first. */
    | { readonly kind: 'node_retried'; readonly retry: number }
  );

interface NodeAccount extends OfNode {
  readonly startedAt: number;
  readonly elapsedMs: number;
  readonly inputs: NodeValues;
  readonly processData: NodeValues;
  readonly outputs: NodeValues;
  readonly error: string | null;
  readonly errorType: string | null;
  readonly usage: NodeUsage | null;
  /** `error_strategy`, `tool_info`, `iteration_duration_map` and the like. */
  readonly metadata: NodeValues;
}

export interface NodeUsage {
  readonly tokens: number;
  /** A decimal number. */
  readonly price: string;
  readonly currency: string;
}

export interface NodeReported extends OfNode {
  readonly kind: 'node_reported';
  readonly report: NodeReport;
}

export type NodeReport =
  | { readonly kind: 'agent_log'; readonly entry: NodeValues }
  /** Passages that an answer was made with (`facts/dify-dsl-engine.md` §7.7). */
  | { readonly kind: 'retriever_resources'; readonly resources: readonly NodeValues[] }
  | { readonly kind: 'reasoning'; readonly text: string; readonly final: boolean }
  | { readonly kind: 'rounds_started'; readonly length: number; readonly inputs: NodeValues }
  /** A round begins, or (of a loop) has ended with `before`. */
  | { readonly kind: 'round'; readonly index: number; readonly before: NodeValues }
  | {
      readonly kind: 'rounds_completed';
      readonly status: 'succeeded' | 'failed';
      readonly inputs: NodeValues;
      readonly outputs: NodeValues;
      readonly error: string | null;
      readonly steps: number;
      readonly elapsedMs: number;
      readonly usage: NodeUsage | null;
      readonly metadata: NodeValues;
    };

/** How a workflow's run ended, or stands (`facts/dify-wire.md` §7.3, §12.1). */
export interface WorkflowOutcome {
  /** `partial-succeeded`: at least one node failed, and its error strategy went on. */
  readonly status: 'succeeded' | 'partial-succeeded' | 'failed' | 'stopped';
  /** With the system's variables, as `workflow_started` told them. */
  readonly inputs: NodeValues;
  /** Null: none were made before it failed. */
  readonly outputs: NodeValues | null;
  /** In words for the app's author; of a run that was stopped, who stopped it. */
  readonly error: string | null;
  readonly elapsedMs: number;
  readonly totalTokens: number;
  readonly totalSteps: number;
  readonly exceptionsCount: number;
  /** Passages that answers were made with, where the app shows them. */
  readonly resources: readonly NodeValues[];
}
