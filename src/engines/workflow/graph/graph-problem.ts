/** Why a workflow cannot run, for its author. */
export interface GraphProblem {
  /** Null: it is about no single node. */
  readonly nodeId: string | null;
  readonly title: string | null;
  readonly message: string;
}
