import type { NodeKind } from '../node-kind.ts';
import type { Segment } from '../pool/references.ts';
import type { SegmentType } from '../values/segment-type.ts';
import type { ValueRecord } from '../values/value.ts';

/** A workflow that can be run: read, checked and frozen. */
export interface Graph {
  readonly root: GraphPart;
  /** Every node, those inside containers included. */
  readonly nodes: ReadonlyMap<string, GraphNode>;
}

/** The nodes of one level: the top, or the inside of a container. Edges never leave it. */
export interface GraphPart {
  readonly rootId: string;
  /** Roots that were not chosen: skipped from the start. */
  readonly otherRoots: readonly string[];
  readonly nodes: ReadonlyMap<string, GraphNode>;
  /** `index` is the place in this list. */
  readonly edges: readonly Edge[];
  /** Null: nothing in here answers. */
  readonly stream: StreamPlan | null;
}

export interface Edge {
  readonly index: number;
  /** `edge_3`: counted through the file. */
  readonly id: string;
  readonly source: string;
  readonly handle: string;
  readonly target: string;
}

export interface GraphNode {
  readonly id: string;
  readonly type: string;
  readonly title: string;
  readonly kind: NodeKind;
  /** As `kind.config` read it. */
  readonly config: unknown;
  readonly outgoing: readonly Edge[];
  readonly incoming: readonly Edge[];
  /** Takes the edges of one handle only: branches, and whatever has an error branch. */
  readonly branching: boolean;
  readonly errorStrategy: ErrorStrategy | null;
  readonly retry: RetryPolicy | null;
  /** The inside of a container. */
  readonly inside: GraphPart | null;
}

export type ErrorStrategy =
  | { readonly kind: 'fail-branch' }
  | {
      readonly kind: 'default-value';
      readonly values: ValueRecord;
      readonly types: Readonly<Record<string, SegmentType>>;
    };

export interface RetryPolicy {
  readonly max: number;
  readonly intervalMs: number;
}

/** What the streaming of answers has to know of a part. */
export interface StreamPlan {
  /** By the response node's id. */
  readonly segments: ReadonlyMap<string, readonly Segment[]>;
  /** Variables that some response shows, as `selectorKey` has them: pieces of all others are dropped. */
  readonly shown: ReadonlySet<string>;
  /** Responses that wait for the same nodes. */
  readonly groups: readonly StreamGroup[];
}

export interface StreamGroup {
  readonly responses: ReadonlySet<string>;
  /** Nodes whose edges a response lies behind until they are taken. */
  readonly blocking: ReadonlySet<string>;
}

export const FAIL_BRANCH = 'fail-branch';

/** Whether an edge is on the way of `handle`; null: on every way. */
export function follows(edge: Edge, node: GraphNode, handle: string | null): boolean {
  if (handle === null || edge.handle === handle) return true;
  // Files of before 1.0 call the way of success by other names than `source`.
  return handle === 'source' && node.kind.role !== 'branch' && edge.handle !== FAIL_BRANCH;
}
