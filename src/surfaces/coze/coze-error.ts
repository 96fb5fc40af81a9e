import type { FastifyError } from 'fastify';
import { type ErrorCode, ParleyError } from '../../errors.ts';

/** An error in this protocol's own numbers (`facts/coze-wire.md` §6). */
export class CozeError extends Error {
  readonly code: number;
  /** HTTP status; most errors are 200 with a code (`facts/coze-wire.md` §4.2, §21). */
  readonly status: number;

  constructor(code: number, message: string, status = 200, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'CozeError';
    this.code = code;
    this.status = status;
  }
}

export function parameterError(message: string): CozeError {
  return new CozeError(4000, `Request parameter error: ${message}`);
}

/** A resource that is not there, or not for this token (`facts/coze-wire.md` §6, 4200). */
export function missingResource(kind: string, id: string): CozeError {
  return new CozeError(
    4200,
    `Requested resource ${kind}=${id.slice(0, 100)} does not exist. Ensure you are the correct resource identifier.`,
  );
}

const INTERNAL =
  "We're currently experiencing server issues. Please try your request again after a short delay. If the problem " +
  'persists, contact our support team.';

/** The error vocabulary of the house in Coze's numbers; what is not named here is 5000. */
const CODES: Partial<Record<ErrorCode, number>> = {
  invalid_param: 4000,
  bad_request: 4000,
  not_found: 4200,
  app_unavailable: 4015,
  conversation_busy: 4016,
  too_many_requests: 4009,
  provider_rate_limited: 4013,
  provider_quota_exceeded: 4011,
  provider_not_initialize: 4012,
  model_currently_not_support: 4012,
  request_entity_too_large: 4000,
  no_file_uploaded: 4300,
  too_many_files: 4301,
  file_too_large: 4302,
  audio_too_large: 4302,
  unsupported_file_type: 4303,
  unsupported_audio_type: 4303,
  filename_not_exists_error: 4304,
};

const BUSY = 'There is already a running conversation in the current session, please wait until it ends.';

/** Where the house's words are Dify's, and send people to a page that is not here. */
const WORDS: Partial<Record<ErrorCode, string>> = {
  provider_not_initialize: "No model provider of this server has the bot's model.",
  provider_quota_exceeded: "The quota of the bot's model provider is used up.",
};

/** Any error as this surface says it. What is not meant for the caller becomes a plain 5000. */
export function toCozeError(error: unknown): CozeError {
  if (error instanceof CozeError) return error;
  if (error instanceof ParleyError) return fromHouse(error);
  const { code, statusCode } = error as Partial<FastifyError>;
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return new CozeError(4000, 'Request parameter error: the body is too large.', 413);
  if (code === 'FST_FILES_LIMIT') return new CozeError(4301, 'Only one file is allowed.');
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return new CozeError(4000, 'Request parameter error: the request is not well-formed.', 400);
  return internal(error);
}

/** Code and text of a run that failed, as `last_error` has them. */
export function lastError(code: ErrorCode | string | null, message: string): { code: number; msg: string } {
  const number = CODES[(code ?? 'internal_server_error') as ErrorCode] ?? 5000;
  const words = WORDS[code as ErrorCode];
  return {
    code: number,
    msg: words ?? (code === 'internal_server_error' && message === '' ? INTERNAL : message),
  };
}

function fromHouse(error: ParleyError): CozeError {
  if (error.code === 'internal_server_error' && error.status === 500) return internal(error);
  const code = CODES[error.code] ?? 5000;
  // The house has no words for some (`facts/dify-wire.md` §7.4); here every error has a `msg` that says something.
  const text = WORDS[error.code] ?? (error.message || error.code.replaceAll('_', ' '));
  const message = code === 4000 ? `Request parameter error: ${text}` : text;
  return new CozeError(code, code === 4016 ? BUSY : message, httpStatus(error), { cause: error });
}

/** What a client or a proxy should see without reading the body. */
function httpStatus({ status }: ParleyError): number {
  return status === 413 || status === 429 || status >= 500 ? status : 200;
}

function internal(cause: unknown): CozeError {
  return new CozeError(5000, INTERNAL, 500, { cause });
}
