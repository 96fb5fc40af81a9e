import { readUpstreamError } from '../read-upstream-error.ts';
import { redact } from '../redact.ts';
import { UpstreamError } from '../upstream-error.ts';
import { upstreamLimits } from '../upstream-limits.ts';

/** What errors of the AI SDK and of fetch have in common; told apart by shape, so that neither is imported. */
interface ForeignError {
  readonly name?: string;
  readonly message?: string;
  readonly code?: string;
  readonly cause?: unknown;
  readonly statusCode?: number;
  readonly responseHeaders?: Readonly<Record<string, string>>;
  readonly responseBody?: string;
}

/**
 * An error of an AI SDK package as `UpstreamError`. It is not kept as cause: `APICallError` holds the request's
 * body and its URL, which belong in no log.
 */
export function toUpstreamError(error: unknown, secrets: readonly string[]): UpstreamError {
  if (error instanceof UpstreamError) return error;
  if (!(error instanceof Error)) return readUpstreamError({ status: null, body: { error } }, secrets);
  const foreign = error as ForeignError;
  if (foreign.statusCode !== undefined && foreign.statusCode >= 400) {
    const answer = {
      status: foreign.statusCode,
      body: foreign.responseBody || foreign.message,
      retryAfter: foreign.responseHeaders?.['retry-after'],
    };
    return readUpstreamError(answer, secrets);
  }
  switch (foreign.name) {
    case 'AI_LoadAPIKeyError':
    case 'AI_LoadSettingError':
      return new UpstreamError('refused', redact(error.message, secrets), { status: 401 });
    case 'AI_JSONParseError':
    case 'AI_TypeValidationError':
    case 'AI_InvalidResponseDataError':
    case 'AI_EmptyResponseBodyError':
      return new UpstreamError('malformed', 'The model provider sent an answer that is not readable.');
  }
  return connectionError(error) ?? new UpstreamError('refused', redact(error.message, secrets));
}

/** fetch hides undici's error one or two causes deep; a body that breaks off is a `TypeError: terminated`. */
function connectionError(error: Error): UpstreamError | null {
  const chain: ForeignError[] = [];
  for (let link: unknown = error; link instanceof Error && chain.length < 5; link = link.cause)
    chain.push(link);
  const code = chain
    .map((link) => link.code)
    .find((c) => typeof c === 'string' && /^(UND_ERR|E[A-Z])/.test(c));
  if (code === 'UND_ERR_HEADERS_TIMEOUT') {
    const text = `The model provider did not answer within ${upstreamLimits.headersMs / 1000} s.`;
    return new UpstreamError('timeout', text, { code });
  }
  if (code === 'UND_ERR_BODY_TIMEOUT') {
    const text = `The model provider sent nothing for ${upstreamLimits.bodyGapMs / 1000} s.`;
    return new UpstreamError('timeout', text, { code });
  }
  if (chain.some((link) => link.message === 'terminated')) {
    const text = 'The model provider closed the connection before the answer was complete.';
    return new UpstreamError('cut', text, { code: code ?? null });
  }
  if (code !== undefined || chain.some((link) => link.message === 'fetch failed')) {
    const detail = code === undefined ? '' : ` (${code})`;
    return new UpstreamError('connect', `Cannot connect to the model provider${detail}.`, {
      code: code ?? null,
    });
  }
  return null;
}
