import type { TextChunk } from '../events.ts';
import type { NodeUsage } from '../node-result.ts';
import type { PoolState } from '../pool/variable-pool.ts';
import type { Value, ValueRecord } from '../values/value.ts';

/**
 * A run between two nodes, as JSON: what another engine needs to go on. A node that was running then runs again from its
 * beginning, under the same execution id and without a second `node_started`.
 */
export interface RunState {
  readonly version: 1;
  readonly elapsedMs: number;
  /** Nodes started on all levels, for the limit. */
  readonly steps: number;
  readonly usage: NodeUsage | null;
  readonly frame: FrameState;
}

/** One run of the nodes of a level: the whole run, or a round of a container. */
export interface FrameState {
  /** Null: the pool of the level above. Of a round only what differs from there. Never with the environment. */
  readonly pool: PoolState | null;
  /** By the edge's place in its level: `?` not known yet, `t` taken, `s` skipped. */
  readonly edges: string;
  /** Nodes that are to be started, in order. */
  readonly ready: readonly string[];
  readonly running: readonly RunningState[];
  readonly outputs: ValueRecord;
  readonly steps: number;
  readonly exceptions: number;
  readonly usage: NodeUsage | null;
  readonly elapsedMs: number;
  /** Types of nodes that ran. */
  readonly reached: readonly string[];
  /** How it failed. */
  readonly error: string | null;
  readonly stream: StreamState | null;
  /** What it has said that is told when it has ended, of a round beside others. */
  readonly held?: readonly TextChunk[];
}

export interface RunningState {
  readonly nodeId: string;
  readonly executionId: string;
  readonly startedAt: number;
  readonly attempt: number;
  readonly children: ChildrenState | null;
}

export interface ChildrenState {
  readonly memory: Readonly<Record<string, Value>>;
  readonly usage: NodeUsage | null;
  readonly rounds: readonly (readonly [index: number, frame: FrameState])[];
}

/** How far answers have been told (`stream/response-stream.ts`). */
export interface StreamState {
  /** The response that speaks, and which of its segments is next. */
  readonly active: { readonly nodeId: string; readonly segment: number; readonly piece: number } | null;
  readonly waiting: readonly string[];
  /** All that were ever active or waiting. */
  readonly entered: readonly string[];
  /** Execution ids given to responses before they ran. */
  readonly executions: Readonly<Record<string, string>>;
  readonly pieces: readonly StreamPieces[];
}

export interface StreamPieces {
  readonly key: string;
  readonly nodeId: string;
  readonly executionId: string;
  readonly texts: readonly string[];
  readonly final: boolean;
}
