import { withRetries } from '../with-retries.ts';
import { toUpstreamError } from './to-upstream-error.ts';

/**
 * Runs one `doGenerate` with the retry, error and abort rules of chat: it rejects with `signal.reason` at once,
 * whenever the package itself comes back.
 */
export function callAudioModel<T>(
  generate: () => Promise<T>,
  options: { readonly signal: AbortSignal; readonly secrets: readonly string[] },
): Promise<T> {
  const { signal, secrets } = options;
  const attempt = () =>
    new Promise<T>((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const onAbort = () => reject(signal.reason);
      signal.addEventListener('abort', onAbort, { once: true });
      generate()
        .then(resolve, (error: unknown) =>
          reject(signal.aborted ? signal.reason : toUpstreamError(error, secrets)),
        )
        .finally(() => signal.removeEventListener('abort', onAbort));
    });
  return withRetries(attempt, { signal });
}
