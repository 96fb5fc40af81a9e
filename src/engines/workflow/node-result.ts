import type { Selector } from './pool/selector.ts';
import type { SegmentType } from './values/segment-type.ts';
import type { ValueRecord } from './values/value.ts';
import type { Variable } from './values/variable.ts';

/** What a node did. Everything is JSON: it is kept, and shown to the app's owner. */
export interface NodeResult extends NodeDetails {
  /** Becomes the node's variables. */
  readonly outputs: ValueRecord;
  /** Types of outputs whose value does not tell them, such as an empty list. */
  readonly types?: Readonly<Record<string, SegmentType>>;
  /** The branch it takes: the `sourceHandle` of edges. Only of kinds with `role: 'branch'`. */
  readonly handle?: string;
  /** Of a container: what answers inside it said, which the run says with them. */
  readonly said?: ValueRecord;
  /** Variables of others that it sets, in order: `['conversation', name]` or `[loopId, name]`. */
  readonly writes?: readonly VariableWrite[];
}

/** What is told of a node besides its outputs, also of one that failed. */
export interface NodeDetails {
  readonly inputs?: ValueRecord;
  readonly processData?: ValueRecord;
  readonly usage?: NodeUsage;
  /** Named as clients know it: `tool_info`, `agent_log`, `iteration_duration_map`. */
  readonly metadata?: ValueRecord;
}

export interface NodeUsage {
  readonly tokens: number;
  /** A decimal number. */
  readonly price: string;
  readonly currency: string;
}

export interface VariableWrite {
  readonly selector: Selector;
  readonly variable: Variable;
}
