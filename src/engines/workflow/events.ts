import type { NodeReport } from './node-context.ts';
import type { NodeUsage } from './node-result.ts';
import type { Selector } from './pool/selector.ts';
import type { ValueRecord } from './values/value.ts';
import type { Variable } from './values/variable.ts';

/**
 * What happens in a run, in order, in no protocol's terms. Times are milliseconds since 1970, durations milliseconds.
 *
 * Every node has its `node_started` and, unless the run ends first, its `node_finished`: also start nodes of containers
 * and containers themselves, whose own reports stand between the two. What of this a protocol tells is its encoder's
 * affair: Dify shows no start nodes of containers, and of containers only the reports
 * (`facts/dify-dsl-engine.md` §7.1).
 */
export type WorkflowEvent =
  | RunStarted
  | NodeStarted
  | NodeRetried
  | NodeFinished
  | NodeReported
  | TextChunk
  | TextWithdrawn
  | VariableSet
  | RunFinished;

export interface RunStarted {
  readonly kind: 'run_started';
  /** `resumption`: the run goes on from a state that was written down. */
  readonly reason: 'initial' | 'resumption';
  readonly at: number;
}

interface NodeEvent {
  /** Of this one execution of the node; the same for all its events. */
  readonly executionId: string;
  readonly nodeId: string;
  readonly nodeType: string;
  readonly title: string;
  /** The round of a container that it belongs to; null: the top. */
  readonly round: Round | null;
}

/** A round of a container, with the round that the container itself is in. */
export interface Round {
  readonly containerId: string;
  readonly containerType: string;
  readonly index: number;
  readonly outer: Round | null;
}

export interface NodeStarted extends NodeEvent {
  readonly kind: 'node_started';
  /** `NodeKind.about`. */
  readonly about: ValueRecord;
  readonly at: number;
}

interface NodeAccount extends NodeEvent {
  readonly startedAt: number;
  readonly at: number;
  readonly elapsedMs: number;
  readonly inputs: ValueRecord;
  readonly processData: ValueRecord;
  readonly outputs: ValueRecord;
  readonly error: string | null;
  readonly errorType: string | null;
  readonly usage: NodeUsage | null;
  /** `error_strategy`, `tool_info`, `iteration_duration_map` and the like. */
  readonly metadata: ValueRecord;
}

export interface NodeFinished extends NodeAccount {
  readonly kind: 'node_finished';
  /** `exception`: it failed, and its error strategy says how to go on. */
  readonly status: 'succeeded' | 'failed' | 'exception';
  /** The branch that was taken. */
  readonly handle: string | null;
}

/** An attempt failed; the next one begins now. */
export interface NodeRetried extends NodeAccount {
  readonly kind: 'node_retried';
  /** 1 for the first retry. */
  readonly retry: number;
}

export interface NodeReported extends NodeEvent {
  readonly kind: 'node_reported';
  readonly at: number;
  readonly report: NodeReport;
}

/** A piece of what an answer or an end says, in the order in which it says it. */
export interface TextChunk {
  readonly kind: 'text_chunk';
  readonly text: string;
  /** The variable it is a piece of; text of an answer's own is `[answer node, 'answer']`. */
  readonly selector: Selector;
  /** Of the node it came from: the variable's, or the response's for its own text and for variables of no node. */
  readonly nodeId: string;
  readonly executionId: string;
  readonly round: Round | null;
}

/**
 * The last characters that were told of a round (of the top level, where `round` is null) do not hold: the node that said
 * them begins again, after an error or in a run that goes on from a state. Dify has no such thing, and tells the text twice.
 */
export interface TextWithdrawn {
  readonly kind: 'text_withdrawn';
  /** UTF-16 units at the end of what the chunks of the same round have told up to now. */
  readonly length: number;
  readonly selector: Selector;
  readonly nodeId: string;
  readonly executionId: string;
  readonly round: Round | null;
}

/** A node has set a variable of somebody else's: a conversation variable is to be kept. */
export interface VariableSet {
  readonly kind: 'variable_set';
  readonly selector: Selector;
  readonly variable: Variable;
  readonly nodeId: string;
}

export interface RunFinished extends RunOutcome {
  readonly kind: 'run_finished';
  readonly at: number;
}

export interface RunOutcome {
  /** `partial-succeeded`: at least one node failed, and its error strategy went on. */
  readonly status: 'succeeded' | 'partial-succeeded' | 'failed' | 'stopped';
  readonly outputs: ValueRecord;
  readonly error: string | null;
  readonly elapsedMs: number;
  readonly usage: NodeUsage | null;
  /** Nodes of the top level that were started. */
  readonly steps: number;
  /** Nodes of the top level that ended as `exception`. */
  readonly exceptions: number;
}
