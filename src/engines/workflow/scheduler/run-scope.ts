import type { WorkflowEvent } from '../events.ts';
import type { NodeUsage } from '../node-result.ts';
import type { Secrets } from '../pool/mask-secrets.ts';
import type { WorkflowServices } from '../workflow-services.ts';

/** What all frames of a run share. */
export interface RunScope {
  readonly services: WorkflowServices;
  /** Values that no event may tell. */
  readonly secrets: Secrets;
  /** Nodes of one level that may run at once. */
  readonly concurrency: number;
  /** Nothing starts, and nothing is told, after the run has ended. */
  readonly ended: boolean;
  emit(event: WorkflowEvent): void;
  /** A node is about to start. */
  countStep(): void;
  addUsage(usage: NodeUsage | null): void;
  /** Ends the run when a limit has been passed. */
  checkLimits(): void;
  /** Ends the run over an error that is nobody's but the engine's. */
  fail(error: unknown): void;
  /** Whether the event loop has waited for long enough. */
  mustYield(): boolean;
}
