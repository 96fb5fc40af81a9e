import { LEASE_MS, recoverRuns } from '../runs/recover-runs.ts';
import type { Store } from '../store/open-store.ts';
import { beat } from '../store/processes.ts';

/**
 * Keeps saying that this process lives, and ends the runs of processes that no longer say so. Answers how to stop.
 */
export function holdLease(store: Store, processId: string, onError: (error: unknown) => void): () => void {
  const timer = setInterval(() => {
    beat(store, processId, Date.now())
      .then(() => recoverRuns(store, { processId, made: new Map(), own: false }))
      .catch(onError);
  }, LEASE_MS / 3).unref();
  return () => clearInterval(timer);
}
