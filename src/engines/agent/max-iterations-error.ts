import { ParleyError } from '../../errors.ts';

/** An agent has used all of its rounds, and has no answer yet (`facts/dify-dsl-engine.md` §8.4). */
export class MaxIterationsError extends ParleyError {
  constructor(limit: number) {
    super(
      'completion_request_error',
      400,
      `Agent exceeded the maximum iteration limit of ${limit}. The agent was unable to complete the task within the allowed number of iterations.`,
    );
  }
}
