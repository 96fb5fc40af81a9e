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

/**
 * Characters of JSON that one node gives at most, or a container collects from its rounds: more than a whole document, and
 * little enough to be counted, told and stored in one go.
 */
export const MAX_OUTPUT_CHARACTERS = 16_000_000;

/** Of one variable of a loop, which is told with each round. */
export const MAX_LOOP_VARIABLE_CHARACTERS = 2 * 1024 ** 2;
