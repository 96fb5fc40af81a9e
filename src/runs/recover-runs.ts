import { finishTurn } from '../store/finish-turn.ts';
import type { Store } from '../store/open-store.ts';
import { fillOrphanedAnswers, findOrphans } from '../store/runs.ts';
import type { RecoveredTexts } from './journal.ts';

/** A process that has not beaten for this long is taken for dead. */
export const LEASE_MS = 30_000;

/** What a client reads about a run whose process died. */
export const ORPHANED = 'The server was interrupted while it was answering. What had been said is kept.';

/**
 * Ends the runs of dead processes (promise 2): those of this data folder's earlier process, and those of other
 * processes whose lease has run out. What the journal holds of their answers is saved. Answers how many.
 */
export async function recoverRuns(
  store: Store,
  options: {
    readonly processId: string;
    readonly texts: RecoveredTexts;
    readonly own: boolean;
    /** Hears of runs that could not be ended; the others are. */
    readonly onError?: (error: unknown) => void;
  },
): Promise<{ readonly ended: number; readonly failed: number }> {
  const orphans = await findOrphans(store, {
    processId: options.own ? options.processId : null,
    beatBefore: Date.now() - LEASE_MS,
  });
  let ended = 0;
  let failed = 0;
  for (const run of orphans) {
    const done = await finishTurn(store, run, {
      status: 'failed',
      error: ORPHANED,
      errorCode: null,
      stoppedBy: null,
      finishedAt: Date.now(),
      message: {
        answer: (options.texts.get(run.id) ?? '').replaceAll('\0', ''),
        prompt_tokens: 0,
        answer_tokens: 0,
        total_price: '0',
        currency: 'USD',
        latency_ms: Date.now() - run.created_at,
        usage: null,
      },
    }).catch((error) => {
      failed++;
      options.onError?.(error);
      return null;
    });
    if (done) ended++;
  }
  // Another process may have ended them meanwhile, without the journal that lies here.
  if (options.own) await fillOrphanedAnswers(store, options.processId, options.texts);
  return { ended, failed };
}
