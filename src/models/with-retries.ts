import { UpstreamError } from './upstream-error.ts';
import { upstreamLimits } from './upstream-limits.ts';

/**
 * Runs `attempt` and repeats it as `upstreamLimits` allow, as long as `mayRetry()` (nothing was passed on yet).
 *
 * @throws ParleyError for a provider's failure; `signal.reason` on abort, also while it waits.
 */
export async function withRetries<T>(
  attempt: () => Promise<T>,
  options: { readonly mayRetry?: () => boolean; readonly signal: AbortSignal },
): Promise<T> {
  for (let retry = 0; ; retry++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof UpstreamError)) throw error;
      const again = retry < upstreamLimits.maxRetries && error.retryable && (options.mayRetry?.() ?? true);
      if (!again) throw error.toParleyError();
      await wait(error.retryAfterMs ?? upstreamLimits.retryBackoffMs * 2 ** retry, options.signal);
    }
  }
}

function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
