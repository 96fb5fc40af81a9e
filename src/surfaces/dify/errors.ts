import type { FastifyError } from 'fastify';
import { type ErrorCode, ParleyError } from '../../errors.ts';
import { MalformedRequest } from '../malformed-request.ts';

/** The envelope of every error (`facts/dify-wire.md` §1.5). */
export interface ErrorEnvelope {
  readonly code: string;
  readonly message: string;
  readonly status: number;
}

const INTERNAL =
  'The server encountered an internal error and was unable to complete your request. ' +
  'Either the server is overloaded or there is an error in the application.';
const BAD_REQUEST = 'The browser (or proxy) sent a request that this server could not understand.';
const NOT_JSON =
  "Did not attempt to load JSON data because the request Content-Type was not 'application/json'.";

/** Dify's words for a body that is not JSON (`facts/dify-wire.md` §1.4). */
export function notJson(): ParleyError {
  return new ParleyError('unsupported_media_type', 415, NOT_JSON);
}

export function badRequest(cause?: unknown): ParleyError {
  return new ParleyError('bad_request', 400, BAD_REQUEST, { cause });
}

/** Any error as this surface says it. What is not meant for the caller becomes a plain 500. */
export function toEnvelope(error: unknown): ErrorEnvelope {
  const known = knownError(error);
  if (!known) return { code: 'internal_server_error', message: INTERNAL, status: 500 };
  const internal = known.code === 'internal_server_error' && known.status === 500;
  const code = CODES[known.code] ?? known.code;
  return { code, message: internal ? INTERNAL : known.message, status: known.status };
}

/** Where Dify has no code of its own (`facts/dify-wire.md` §3.6). */
const CODES: Partial<Record<ErrorCode, ErrorCode>> = {
  provider_rate_limited: 'completion_request_error',
  workflow_failed: 'invalid_param',
};

function knownError(error: unknown): ParleyError | null {
  if (error instanceof MalformedRequest) return badRequest(error);
  return error instanceof ParleyError ? error : fromFramework(error as Partial<FastifyError>);
}

/** What Fastify and its multipart plugin refuse before a route is asked. */
function fromFramework(error: Partial<FastifyError>): ParleyError | null {
  switch (error.code) {
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
    case 'FST_INVALID_MULTIPART_CONTENT_TYPE':
      return notJson();
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new ParleyError(
        'request_entity_too_large',
        413,
        'The data value transmitted exceeds the capacity limit.',
      );
    case 'FST_FILES_LIMIT':
      return new ParleyError('too_many_files', 400, 'Only one file is allowed.');
    case 'FST_PARTS_LIMIT':
    case 'FST_FIELDS_LIMIT':
    case 'FST_PROTO_VIOLATION':
      return badRequest(error);
    default:
      return error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500
        ? badRequest(error)
        : null;
  }
}
