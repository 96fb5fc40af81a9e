/** What a run may take (`facts/dify-dsl-engine.md` §5.4). Beyond it, the run fails. */
export interface WorkflowLimits {
  /** Nodes started, those inside containers included. */
  readonly maxSteps: number;
  readonly maxMs: number;
  /** Nodes of one level that run at once. */
  readonly concurrency: number;
}

export const DEFAULT_LIMITS: WorkflowLimits = Object.freeze({
  maxSteps: 500,
  maxMs: 1_200_000,
  concurrency: 10,
});
