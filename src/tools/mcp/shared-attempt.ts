import { untilAborted } from '../until-aborted.ts';

/** Something that takes time and may fail, done once for all who ask for it meanwhile. */
export interface SharedAttempt<T> {
  /** @throws what the attempt throws; `signal.reason` on abort, which ends this wait and not the attempt */
  run(signal: AbortSignal): Promise<T>;
  /** The attempt that is under way, settled either way; for those who wait for its end. */
  idle(): Promise<void>;
}

/** A failure is remembered for `retryMs`: until then everybody gets it at once. */
export function sharedAttempt<T>(attempt: () => Promise<T>, retryMs: number): SharedAttempt<T> {
  let running: Promise<T> | null = null;
  let failure: { readonly error: unknown; readonly until: number } | null = null;

  async function start(): Promise<T> {
    try {
      const result = await attempt();
      failure = null;
      return result;
    } catch (error) {
      failure = { error, until: performance.now() + retryMs };
      throw error;
    } finally {
      running = null;
    }
  }

  return {
    async run(signal) {
      signal.throwIfAborted();
      if (running === null && failure !== null && performance.now() < failure.until) throw failure.error;
      running ??= start();
      return untilAborted(running, signal);
    },
    async idle() {
      await running?.catch(() => {});
    },
  };
}
