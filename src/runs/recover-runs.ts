import { withoutNul } from '../config/without-nul.ts';
import { finishTurn } from '../store/finish-turn.ts';
import type { Store } from '../store/open-store.ts';
import { fillOrphans, findOrphans } from '../store/runs.ts';
import type { RunRow } from '../store/schema.ts';
import type { RecoveredRuns } from './journal.ts';
import { madeRows, NOTHING_MADE } from './made.ts';
import { brokenOff } from './thought.ts';

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
    readonly made: RecoveredRuns;
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
      ...madeOf(run, options.made),
      usage: null,
      workflow: 'interrupted',
    }).catch((error) => {
      failed++;
      options.onError?.(error);
      return null;
    });
    if (done) ended++;
  }
  // Another process may have ended them meanwhile, without the journal that lies here.
  if (options.own)
    await fillOrphans(store, options.processId, [...options.made.keys()], (run) => {
      const { answer, ...rest } = madeOf(run, options.made);
      return { answer: answer ?? '', ...rest };
    });
  return { ended, failed };
}

/** What the journal here has of a run; of one that it does not know, what is stored stays. */
function madeOf(
  { id, app_id, message_id }: Pick<RunRow, 'id' | 'app_id' | 'message_id'>,
  runs: RecoveredRuns,
) {
  const found = runs.get(id);
  const made = found && { ...found, ...brokenOff(found.answer, found.thoughts) };
  const rows = madeRows(withoutNul(made ?? NOTHING_MADE), { appId: app_id, messageId: message_id });
  return made ? rows : { ...rows, answer: null };
}
