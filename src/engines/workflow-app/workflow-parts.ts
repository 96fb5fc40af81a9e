import type { Outbound } from '../../outbound/outbound.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import type { EngineParts } from '../engine-parts.ts';

/** What the engine of workflows is built from. */
export interface WorkflowParts extends EngineParts {
  readonly sandbox: Sandbox;
  readonly outbound: Outbound;
  /** Nodes that a run may start (`limits.workflow_steps`). */
  readonly maxSteps: number;
}
