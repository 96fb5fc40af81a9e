import { UpstreamError } from '../upstream-error.ts';
import { withRetries } from '../with-retries.ts';
import type { AudioEndpoint } from './load-openai.ts';
import { toUpstreamError } from './to-upstream-error.ts';

/**
 * Runs one `doGenerate` with the retry, error and abort rules of chat and the endpoint's time limit: it rejects at
 * once, whenever the package itself comes back, and the connection is closed.
 */
export function callAudioModel<T>(
  generate: (abortSignal: AbortSignal) => Promise<T>,
  endpoint: Pick<AudioEndpoint, 'secrets' | 'limitMs'>,
  { signal }: { readonly signal: AbortSignal },
): Promise<T> {
  const attempt = () =>
    new Promise<T>((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const connection = new AbortController();
      const giveUp = (reason: unknown) => {
        reject(reason);
        connection.abort(reason);
      };
      const onAbort = () => giveUp(signal.reason);
      const timer = setTimeout(() => giveUp(tooLong(endpoint.limitMs)), endpoint.limitMs);
      signal.addEventListener('abort', onAbort, { once: true });
      generate(connection.signal)
        .then(resolve, (error: unknown) => reject(toUpstreamError(error, endpoint.secrets)))
        .finally(() => {
          clearTimeout(timer);
          signal.removeEventListener('abort', onAbort);
        });
    });
  return withRetries(attempt, { signal });
}

function tooLong(ms: number): UpstreamError {
  return new UpstreamError(
    'timeout',
    `The model provider did not answer within ${Math.round(ms / 100) / 10} s.`,
  );
}
