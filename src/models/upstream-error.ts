import { ParleyError } from '../errors.ts';
import { upstreamLimits } from './upstream-limits.ts';

/**
 * - `refused`: the provider answered with an error;
 * - `connect`: no connection, or it was lost before any answer;
 * - `timeout`: silence for too long;
 * - `cut`: the connection ended before the answer did;
 * - `malformed`: an answer that is not of the protocol.
 */
export type UpstreamFailure = 'refused' | 'connect' | 'timeout' | 'cut' | 'malformed';

/** How a call to a provider failed; its `message` is already redacted. Becomes the `cause` of a `ParleyError`. */
export class UpstreamError extends Error {
  readonly kind: UpstreamFailure;
  /** HTTP status, or the one that an error inside a stream names. */
  readonly status: number | null;
  /** The provider's own error code, e.g. `insufficient_quota`. */
  readonly code: string | null;
  /** From `retry-after`, in milliseconds. */
  readonly retryAfterMs: number | null;

  constructor(
    kind: UpstreamFailure,
    message: string,
    details: { status?: number | null; code?: string | null; retryAfterMs?: number | null } = {},
  ) {
    super(message);
    this.name = 'UpstreamError';
    this.kind = kind;
    this.status = details.status ?? null;
    this.code = details.code ?? null;
    this.retryAfterMs = details.retryAfterMs ?? null;
  }

  /** True when the same request may succeed a little later. */
  get retryable(): boolean {
    if (this.kind === 'connect') return !hopeless.has(this.code ?? '');
    if (this.kind !== 'refused' || isQuota(this)) return false;
    if ((this.retryAfterMs ?? 0) > upstreamLimits.maxRetryAfterMs) return false;
    return this.status !== null && upstreamLimits.retryableStatuses.includes(this.status);
  }

  /**
   * The error that the caller sees (`facts/dify-wire.md` §2 and §3.6; that the provider was asked too often is a code of
   * its own for protocols that have one). A model that the provider does not know is a
   * `completion_request_error` with the provider's text, as in Dify, whose `model_currently_not_support` exists only
   * for its hosted trial.
   */
  toParleyError(): ParleyError {
    const options = { cause: this };
    if (isQuota(this)) {
      return new ParleyError('provider_quota_exceeded', 400, this.message || quotaExceeded, options);
    }
    if (this.status === 401 || isWrongKey(this)) {
      return new ParleyError('completion_request_error', 400, 'Incorrect API key provided', options);
    }
    const message = this.message || 'Completion request failed.';
    const code = this.status === 429 ? 'provider_rate_limited' : 'completion_request_error';
    return new ParleyError(code, 400, message, options);
  }
}

/** The request itself is wrong, or the server is shutting down. */
const hopeless = new Set(['UND_ERR_INVALID_ARG', 'UND_ERR_DESTROYED', 'UND_ERR_CLOSED']);

const quotaExceeded =
  'Your quota for Dify Hosted Model Provider has been exhausted. ' +
  'Please go to Settings -> Model Provider to complete your own provider credentials.';

const quotaCodes = new Set([
  'insufficient_quota',
  'quota_exceeded',
  'exceeded_current_quota_error',
  'insufficient_balance',
  'billing_hard_limit_reached',
  'billing_not_active',
  'arrearage',
]);

function isQuota(error: UpstreamError): boolean {
  return error.status === 402 || (error.code !== null && quotaCodes.has(error.code.toLowerCase()));
}

/** How providers that do not answer a wrong key with 401 call it; letters and digits of the code, in lower case. */
const wrongKeyCodes = new Set([
  'invalidapikey',
  'apikeyinvalid',
  'incorrectapikey',
  'invalidauthentication',
  'invalidauthenticationerror',
  'authenticationerror',
  'unrecognizedclientexception',
]);

/** A 403 alone says that the key is good and may not do this: the provider's own text tells why. */
function isWrongKey(error: UpstreamError): boolean {
  return error.code !== null && wrongKeyCodes.has(error.code.toLowerCase().replace(/[^a-z0-9]/g, ''));
}
