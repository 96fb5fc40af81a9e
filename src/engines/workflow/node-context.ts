import type { NodeUsage } from './node-result.ts';
import type { ReadPool, VariablePool } from './pool/variable-pool.ts';
import type { Value, ValueRecord } from './values/value.ts';
import type { WorkflowServices } from './workflow-services.ts';

/** What a node sees while it runs. */
export interface NodeContext {
  readonly node: NodeInfo;
  readonly executionId: string;
  readonly pool: ReadPool;
  readonly services: WorkflowServices;
  /** Aborts when the run stops, or when what this node does has become pointless. Every wait obeys it. */
  readonly signal: AbortSignal;
  /** Of this node in this run: 0, then 1 and on for retries. */
  readonly attempt: number;
  /**
   * A piece of the variable `name` before the node has ended. It goes to the client when an answer, or an end, that shows
   * the variable has come to it. The last piece says `final`, and may be empty.
   */
  emit(name: string, text: string, options?: { readonly final?: boolean }): void;
  /** Something that clients are told at once, whatever is being answered. */
  report(report: NodeReport): void;
  /** Only of kinds with `role: 'container'`. */
  readonly children: ChildFrames;
}

/** A node as its own kind may see it. */
export interface NodeInfo {
  readonly id: string;
  readonly type: string;
  readonly title: string;
  /** Retries, an error branch or default values: what is no error otherwise, such as an HTTP status, becomes one. */
  readonly expectsErrors: boolean;
}

export type NodeReport =
  | { readonly kind: 'agent_log'; readonly entry: ValueRecord }
  | { readonly kind: 'retriever_resources'; readonly resources: readonly ValueRecord[] }
  | { readonly kind: 'reasoning'; readonly text: string; readonly final: boolean }
  | ContainerReport;

/** How far a container has come. Its node's own `node_started` and `node_finished` stand around these. */
export type ContainerReport =
  | { readonly kind: 'rounds_started'; readonly length: number; readonly inputs: ValueRecord }
  | { readonly kind: 'round'; readonly index: number; readonly before: ValueRecord }
  | {
      readonly kind: 'rounds_completed';
      readonly status: 'succeeded' | 'failed';
      readonly inputs: ValueRecord;
      readonly outputs: ValueRecord;
      readonly error: string | null;
      readonly steps: number;
      readonly elapsedMs: number;
      readonly usage: NodeUsage | null;
      readonly metadata: ValueRecord;
    };

/** The rounds of a container: each runs the nodes inside it once, in a frame of its own. */
export interface ChildFrames {
  /** The node that every round begins with. */
  readonly rootId: string;
  /** Nodes inside, those of containers within containers included. */
  readonly nodeIds: readonly string[];
  /** What the container must remember to go on after a snapshot. JSON, changed in place, always before a report. */
  readonly memory: Record<string, Value>;
  /** The pool of the frame that the container stands in, which it may write. */
  readonly pool: VariablePool;
  /** Usage of all rounds up to now. */
  usage(): NodeUsage | null;
  /**
   * One round; `index` names it, also in events. A round that a snapshot holds goes on where it was, and `pool` is then
   * not asked. Never resolves when the run has ended. What a round says that runs `beside` others is told when it has ended.
   */
  run(
    index: number,
    options: { readonly pool: () => VariablePool | 'shared'; readonly beside?: boolean },
  ): Promise<RoundOutcome>;
  /** What came of the round is in `memory`: a snapshot needs to hold the round no longer. */
  forget(index: number): void;
}

export interface RoundOutcome {
  /** How the round failed; null when it ended well. */
  readonly error: string | null;
  /** The round's own pool, or the shared one. */
  readonly pool: VariablePool;
  /** Of answers within. */
  readonly outputs: ValueRecord;
  /** Milliseconds. */
  readonly elapsedMs: number;
  /** Types of nodes that ran: a `loop-end` ends a loop. */
  readonly reached: ReadonlySet<string>;
}
