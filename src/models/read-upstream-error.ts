import { redact } from './redact.ts';
import { UpstreamError } from './upstream-error.ts';

interface ErrorText {
  readonly message: string;
  readonly code: string | null;
  readonly status: number | null;
}

/**
 * Reads what a provider says about its failure. Forms met in the field: `{"error":{message,type,code}}` (OpenAI),
 * `{"error":"…"}` (Ollama), `[{"error":…}]` (Google), `{"type":"error","error":…}` (Anthropic),
 * `{"object":"error",message}` (vLLM), `{"detail":…}` (FastAPI), `{"message":…}`, plain text, and HTML of a proxy.
 */
export function readUpstreamError(
  answer: { status: number | null; body: unknown; retryAfter?: string | undefined },
  secrets: readonly string[],
): UpstreamError {
  const text = errorText(answer.body);
  const status = answer.status ?? text.status;
  const fallback = status === null ? '' : `The model provider answered with HTTP status ${status}.`;
  return new UpstreamError('refused', redact(text.message, secrets) || fallback, {
    status,
    code: text.code,
    retryAfterMs: retryAfterMs(answer.retryAfter),
  });
}

function errorText(body: unknown): ErrorText {
  if (typeof body === 'string') return plainText(body);
  if (Array.isArray(body)) return errorText(body[0]);
  if (body === null || typeof body !== 'object') return { message: '', code: null, status: null };
  const record = body as Record<string, unknown>;
  const inner = record.error;
  if (typeof inner === 'string')
    return { message: inner, code: name(record.code), status: number(record.status) };
  if (inner !== null && typeof inner === 'object') return errorText(inner);
  const code = name(record.code) ?? name(record.type) ?? reason(record.details) ?? name(record.status);
  const status = number(record.code) ?? number(record.status) ?? number(record.status_code) ?? statusOf(code);
  return { message: message(record), code, status };
}

function message(record: Record<string, unknown>): string {
  const detail = record.detail;
  for (const candidate of [record.message, record.msg, detail]) {
    if (typeof candidate === 'string' && candidate !== '') return candidate;
  }
  if (Array.isArray(detail)) {
    return detail.map((item: unknown) => (item as { msg?: unknown } | null)?.msg ?? '').join('; ');
  }
  return '';
}

function plainText(body: string): ErrorText {
  const trimmed = body.trim();
  if (trimmed.startsWith('{') || trimmed.startsWith('[')) {
    try {
      return errorText(JSON.parse(trimmed));
    } catch {
      // Text that only looks like JSON is shown as text.
    }
  }
  return { message: trimmed.startsWith('<') ? '' : trimmed, code: null, status: null };
}

/** Google's word for what happened, more exact than its status: `API_KEY_INVALID` under `INVALID_ARGUMENT`. */
function reason(details: unknown): string | null {
  if (!Array.isArray(details)) return null;
  const info = details.find((detail: { reason?: unknown } | null) => typeof detail?.reason === 'string');
  return name((info as { reason?: unknown } | undefined)?.reason);
}

function name(value: unknown): string | null {
  return typeof value === 'string' && value !== '' && number(value) === null ? value : null;
}

function number(value: unknown): number | null {
  const status = typeof value === 'string' && /^\d{3}$/.test(value) ? Number(value) : value;
  return typeof status === 'number' && status >= 400 && status < 600 ? status : null;
}

/** Names used instead of a status inside streams (OpenAI, Anthropic). */
function statusOf(code: string | null): number | null {
  switch (code) {
    case 'authentication_error':
    case 'invalid_api_key':
      return 401;
    case 'rate_limit_error':
    case 'rate_limit_exceeded':
      return 429;
    case 'overloaded_error':
      return 529;
    case 'server_error':
    case 'internal_server_error':
      return 500;
    default:
      return null;
  }
}

/** RFC 9110 §10.2.3: seconds or a date. */
function retryAfterMs(header: string | undefined): number | null {
  if (header === undefined || header === '') return null;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, date - Date.now());
}
