import type { Limits } from './config.ts';

const MB = 1024 ** 2;

/** `facts/dify-wire.md` §14 where Dify has the limit; Parley's own otherwise. */
export const DEFAULT_LIMITS: Limits = Object.freeze({
  maxExecutionMs: 1_200_000,
  fileBytes: 15 * MB,
  imageBytes: 10 * MB,
  audioBytes: 50 * MB,
  videoBytes: 100 * MB,
  bodyBytes: 15 * MB,
  requestsPerMinute: null,
  drainMs: 10_000,
  fileUrlSeconds: 300,
  workflowSteps: 500,
});
