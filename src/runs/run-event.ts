import type { ParleyError } from '../errors.ts';
import type { RunFile } from './run-file.ts';
import type { Thought } from './thought.ts';
import type { NodeEvent, NodeValues, WorkflowOutcome } from './workflow-event.ts';

/**
 * What happens in a run, in no protocol's terms. Engines emit these, surfaces encode them. Event N of a run has
 * sequence number N, from 1; `ended` comes last and once.
 */
export type RunEvent =
  /**
   * More of the answer; `shown`: what an aside has told already; `selector`: of a workflow, the variable that it is a piece
   * of.
   */
  | {
      readonly kind: 'text';
      readonly text: string;
      readonly shown?: true;
      readonly selector?: readonly string[];
    }
  /** A workflow begins, or (`resumption`) goes on. `inputs` with the system's variables. */
  | {
      readonly kind: 'workflow_started';
      readonly inputs: NodeValues;
      readonly reason: 'initial' | 'resumption';
      readonly at: number;
    }
  | { readonly kind: 'node'; readonly event: NodeEvent }
  /** What an agent says on the way, for surfaces that show it. No part of the answer, and not kept but in its thought. */
  | { readonly kind: 'aside'; readonly text: string }
  /** A thought as it is now; one of the same id comes in place of the one before. */
  | { readonly kind: 'thought'; readonly thought: Thought }
  /** The app made a file, which is kept. */
  | { readonly kind: 'file'; readonly file: RunFile }
  /** This stands in place of the answer so far; without a reason when a late reader is told the whole of it. */
  | { readonly kind: 'text_replaced'; readonly text: string; readonly reason: 'output_moderation' | '' }
  /** A piece of the spoken answer, base64 of MP3. */
  | { readonly kind: 'audio'; readonly data: string }
  /** The answer is whole; what comes until the end belongs to it. Only where something comes. */
  | { readonly kind: 'answered'; readonly answer: string }
  /** A question that the end user may ask next. */
  | { readonly kind: 'follow_up'; readonly text: string }
  | { readonly kind: 'ended'; readonly outcome: RunOutcome };

/**
 * How a run ended. A stopped run keeps what was said and used so far. A paused one waits for what its caller executes
 * (`pendingUses` of its thoughts), and goes on as another `Run` of the same id (`Runs.resume`).
 */
export interface RunOutcome {
  readonly status: 'succeeded' | 'failed' | 'stopped' | 'paused';
  readonly answer: string;
  readonly usage: RunUsage;
  /** Set when `failed`. */
  readonly error: ParleyError | null;
  /** Set when `stopped`. */
  readonly stoppedBy: StopReason | null;
  /** Milliseconds since 1970. */
  readonly endedAt: number;
  /** When the turn was given up (`Runs.cancel`), if it was; the run itself ended as `status` says. */
  readonly canceledAt: number | null;
  /** Of an agent, the whole turn's. */
  readonly thoughts: readonly Thought[];
  /** Files that the app has made, the whole turn's. */
  readonly files: readonly RunFile[];
  /** Questions that were suggested. */
  readonly followUps: readonly string[];
  /** True when the answer was also spoken (`audio` events). */
  readonly spoken: boolean;
  /** Null: the app is no workflow, or its run failed before the workflow began. */
  readonly workflow: WorkflowOutcome | null;
}

/** The end user, the execution time limit, the app's rule for lost connections, or a server that shuts down. */
export type StopReason = 'user' | 'timeout' | 'disconnect' | 'shutdown';

/** Tokens, prices (decimal strings) and times (seconds) of a whole turn. */
export interface RunUsage {
  readonly promptTokens: number;
  readonly promptUnitPrice: string;
  readonly promptPriceUnit: string;
  readonly promptPrice: string;
  readonly completionTokens: number;
  readonly completionUnitPrice: string;
  readonly completionPriceUnit: string;
  readonly completionPrice: string;
  readonly totalTokens: number;
  readonly totalPrice: string;
  readonly currency: string;
  readonly latency: number;
  readonly timeToFirstToken: number | null;
  readonly timeToGenerate: number | null;
}

/** Of a run that asked no model. */
export const NO_USAGE: RunUsage = {
  promptTokens: 0,
  promptUnitPrice: '0',
  promptPriceUnit: '0',
  promptPrice: '0',
  completionTokens: 0,
  completionUnitPrice: '0',
  completionPriceUnit: '0',
  completionPrice: '0',
  totalTokens: 0,
  totalPrice: '0',
  currency: 'USD',
  latency: 0,
  timeToFirstToken: null,
  timeToGenerate: null,
};
