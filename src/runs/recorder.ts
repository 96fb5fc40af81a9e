import { finishTurn, type TurnOutcome } from '../store/finish-turn.ts';
import { keepNodeExecutions } from '../store/node-executions.ts';
import type { Store } from '../store/open-store.ts';
import { fillOrphans } from '../store/runs.ts';
import type { NodeExecutionRow, RunRow } from '../store/schema.ts';
import type { Journal } from './journal.ts';

type RunIds = Pick<RunRow, 'id' | 'message_id' | 'process_id'>;

/** A store that has not answered by then is taken for unreachable: the client is not kept waiting. */
const PATIENCE_MS = 10_000;
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 30_000;

interface Late {
  readonly run: RunIds;
  readonly outcome: TurnOutcome;
}

/**
 * Writes how runs ended. An outcome that the store does not take (gone, full, locked) is tried again until it does:
 * no run stays `running` because of a bad moment, and the journal keeps its text meanwhile.
 */
export class Recorder {
  readonly #store: Store;
  readonly #journal: Journal;
  readonly #late = new Set<Late>();
  #retry: NodeJS.Timeout | undefined;
  #pause = FIRST_RETRY_MS;
  #closed = false;

  constructor(store: Store, journal: Journal) {
    this.#store = store;
    this.#journal = journal;
  }

  /**
   * Commits an outcome, and answers when the run had been canceled, if it was. Null when another process had already ended it,
   * having taken this one for dead.
   * @throws what the store throws; the outcome is then written later.
   */
  async commit(run: RunIds, outcome: TurnOutcome): Promise<{ readonly canceledAt: number | null } | null> {
    try {
      return await within(PATIENCE_MS, this.#write(run, outcome));
    } catch (error) {
      this.#late.add({ run, outcome });
      this.#retryLater();
      throw error;
    }
  }

  /** Commits what nodes of a run that goes on have done. @throws what the store throws */
  keepNodes(rows: readonly NodeExecutionRow[]): Promise<void> {
    return within(PATIENCE_MS, keepNodeExecutions(this.#store, rows));
  }

  /** Tries what is left once more. What the store does not take then, the next start finds in the journal. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    await this.#writeLate().catch(() => {});
  }

  async #write(run: RunIds, outcome: TurnOutcome): Promise<{ readonly canceledAt: number | null } | null> {
    const committed = await finishTurn(this.#store, run, outcome);
    if (!committed) {
      const { answer, thoughts = [], files = [] } = outcome;
      await fillOrphans(this.#store, run.process_id, [run.id], () => ({
        answer: answer ?? '',
        thoughts,
        files,
      }));
    }
    this.#journal.release(run.id);
    return committed;
  }

  #retryLater(): void {
    // A run that fails meanwhile does not put off the next try.
    if (this.#retry || this.#closed) return;
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.#pause = Math.min(this.#pause * 2, LAST_RETRY_MS);
      this.#writeLate().then(
        () => {
          this.#pause = FIRST_RETRY_MS;
        },
        () => this.#retryLater(),
      );
    }, this.#pause).unref();
  }

  /** Up to the first that fails. That one comes last the next time: it may be one that the store will never take. */
  async #writeLate(): Promise<void> {
    for (const late of this.#late) {
      try {
        await within(PATIENCE_MS, this.#write(late.run, late.outcome));
        this.#late.delete(late);
      } catch (error) {
        this.#late.delete(late);
        this.#late.add(late);
        throw error;
      }
    }
  }
}

async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`The store did not answer within ${ms} ms.`)), ms);
  });
  try {
    return await Promise.race([promise, patience]);
  } finally {
    clearTimeout(timer);
  }
}
