import { type ErrorCode, ParleyError } from '../../../errors.ts';
import { UpstreamError } from '../../../models/upstream-error.ts';
import { NodeError } from '../node-error.ts';
import { nodeUsage, type UsageRecord } from './usage-record.ts';

/** Codes whose name alone tells what Dify would have thrown. */
const TYPES: Partial<Record<ErrorCode, string>> = {
  provider_not_initialize: 'ProviderTokenNotInitError',
  provider_quota_exceeded: 'QuotaExceededError',
  model_currently_not_support: 'ModelCurrentlyNotSupportError',
  provider_rate_limited: 'InvokeRateLimitError',
  invalid_param: 'InvokeBadRequestError',
};

/**
 * How a model failed a node, named as Dify's model runtime names it; what is no failure of a model stays as it is.
 *
 * @param usage what had been used by then
 */
export function modelError(error: unknown, usage: UsageRecord | null = null): unknown {
  if (!(error instanceof ParleyError)) return error;
  const type = TYPES[error.code] ?? typeOfFailure(error.cause);
  const used = usage === null ? {} : { usage: nodeUsage(usage) };
  return new NodeError(type, error.message, { ...used, cause: error });
}

function typeOfFailure(cause: unknown): string {
  if (!(cause instanceof UpstreamError)) return 'InvokeError';
  switch (cause.kind) {
    case 'connect':
    case 'timeout':
    case 'cut':
      return 'InvokeConnectionError';
    case 'malformed':
      return 'InvokeServerUnavailableError';
    case 'refused':
      // A wrong key, whose message is Dify's own (`facts/dify-dsl-engine.md` §7.4).
      if (cause.toParleyError().message === 'Incorrect API key provided') return 'InvokeAuthorizationError';
      return (cause.status ?? 400) >= 500 ? 'InvokeServerUnavailableError' : 'InvokeBadRequestError';
  }
}
