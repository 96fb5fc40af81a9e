/**
 * The error vocabulary shared by every room. Codes are the names that `facts/dify-wire.md` §2 lists; a surface
 * with another vocabulary (Coze) maps them in its own `errors.ts`.
 */
export type ErrorCode =
  | 'invalid_param'
  | 'bad_request'
  | 'unauthorized'
  | 'forbidden'
  | 'not_found'
  | 'method_not_allowed'
  | 'unsupported_media_type'
  | 'request_entity_too_large'
  | 'app_unavailable'
  | 'not_chat_app'
  | 'not_workflow_app'
  | 'conversation_completed'
  | 'conversation_busy'
  | 'provider_not_initialize'
  | 'provider_quota_exceeded'
  | 'model_currently_not_support'
  | 'completion_request_error'
  | 'provider_rate_limited'
  | 'workflow_failed'
  | 'too_many_requests'
  | 'no_file_uploaded'
  | 'too_many_files'
  | 'filename_not_exists_error'
  | 'file_too_large'
  | 'unsupported_file_type'
  | 'file_not_found'
  | 'file_access_denied'
  | 'bad_request_key_error'
  | 'audio_too_large'
  | 'unsupported_audio_type'
  | 'provider_not_support_speech_to_text'
  | 'end_user_not_found'
  | 'internal_server_error';

/** An error meant for the caller: `code` and `message` reach the wire, `cause` only the log. */
export class ParleyError extends Error {
  readonly code: ErrorCode;
  /** HTTP status that a surface answers with when nothing was sent yet. */
  readonly status: number;

  constructor(code: ErrorCode, status: number, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'ParleyError';
    this.code = code;
    this.status = status;
  }
}

/** A request whose content breaks a rule: HTTP 400 `invalid_param` with the rule's own text. */
export function invalidParam(message: string): ParleyError {
  return new ParleyError('invalid_param', 400, message);
}

/** A record that does not exist, or belongs to somebody else: the two are never told apart. */
export function notFound(message: string): ParleyError {
  return new ParleyError('not_found', 404, message);
}
