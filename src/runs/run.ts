import type { App, AppMode } from '../apps/app.ts';
import type { Owner } from '../store/owner.ts';
import type { RunOutcome, StopReason } from './run-event.ts';
import type { RunFile } from './run-file.ts';
import type { RunLog } from './run-log.ts';

/** Ids and facts of a run that never change. */
export interface RunFacts {
  /** Also the wire's task id, by which it is stopped. */
  readonly id: string;
  readonly messageId: string;
  /** Of a workflow's run; null: the app is none. */
  readonly workflowRunId: string | null;
  readonly conversationId: string | null;
  readonly app: App;
  readonly mode: AppMode;
  readonly owner: Owner;
  /** The end user's own name on the wire. */
  readonly user: string;
  /** What the end user attached. */
  readonly files: readonly RunFile[];
  /** False: nothing of the turn is stored. */
  readonly kept: boolean;
  /** Of its conversation, see `ConversationRow.section`. */
  readonly section: string | null;
  /** The caller's own pairs. */
  readonly metadata: Readonly<Record<string, string>> | null;
  /** Milliseconds since 1970: the creation time of its message. */
  readonly createdAt: number;
}

/**
 * One execution of one app for one end user. It goes from running to ended, once; `log` tells what happened, and
 * aborting `signal` is the one way to stop it.
 */
export class Run {
  readonly facts: RunFacts;
  readonly log: RunLog;
  readonly #controller = new AbortController();
  readonly #ended = Promise.withResolvers<RunOutcome>();
  #stoppedBy: StopReason | null = null;
  #decided = false;
  #canceledAt: number | null = null;
  #readers = 0;
  readonly #onDeserted: () => void;

  constructor(facts: RunFacts, log: RunLog, onDeserted: () => void) {
    this.facts = facts;
    this.log = log;
    this.#onDeserted = onDeserted;
  }

  /** Reaches the model request, tools and waits of this run. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get stoppedBy(): StopReason | null {
    return this.#stoppedBy;
  }

  get readers(): number {
    return this.#readers;
  }

  /** When the turn was given up, if it was; the run goes on. */
  get canceledAt(): number | null {
    return this.#canceledAt;
  }

  /** Marks the turn as given up; once that is committed, where it is kept. False when its outcome is decided. */
  markCanceled(at: number): boolean {
    if (this.#decided) return this.#canceledAt !== null;
    this.#canceledAt ??= at;
    return true;
  }

  /** Settles with the outcome, after it was committed. Never rejects. */
  get ended(): Promise<RunOutcome> {
    return this.#ended.promise;
  }

  /** Stops it; the first reason counts, and an ended run stays as it ended. Upstream sockets close before this returns. */
  stop(reason: StopReason): void {
    if (this.#stoppedBy !== null || this.#decided) return;
    this.#stoppedBy = reason;
    this.#controller.abort(new DOMException(`stopped by ${reason}`, 'AbortError'));
  }

  /** Closes the race between stop, finish and failure: no stop counts after this. Answers who stopped it, if anyone. */
  decide(): StopReason | null {
    this.#decided = true;
    return this.#stoppedBy;
  }

  /** Appends the last event. Called by `Runs` once the outcome is committed. */
  end(outcome: RunOutcome): void {
    this.log.append({ kind: 'ended', outcome });
    this.#ended.resolve(outcome);
  }

  /**
   * Counts a client connection that waits for this run. Call the returned function when it is gone; the app's
   * `on_disconnect` rule applies when the last one is lost before the end.
   */
  attach(): () => void {
    this.#readers++;
    let attached = true;
    return () => {
      if (!attached) return;
      attached = false;
      this.#readers--;
      if (this.#readers === 0 && !this.log.ended) this.#onDeserted();
    };
  }
}
