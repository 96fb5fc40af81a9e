import type { Run } from './run.ts';
import type { RunOutcome } from './run-event.ts';

/** Told what runs do; for metrics and logs. Must not throw. */
export interface RunObserver {
  started(run: Run): void;
  /** The first piece of the answer, this many milliseconds after acceptance. */
  firstText(run: Run, afterMs: number): void;
  /** `stopMs`: from the stop to this moment, when it was stopped. */
  ended(run: Run, outcome: RunOutcome, stopMs: number | null): void;
  /** A defect in an engine or the store, beside what the client is told. */
  failed(run: Run, error: unknown): void;
}
