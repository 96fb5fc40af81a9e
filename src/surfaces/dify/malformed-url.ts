import type { ErrorEnvelope } from './errors.ts';

/** The answer to a URL that no router can read. */
export function malformedUrl(): { readonly body: ErrorEnvelope } {
  return { body: { code: 'bad_request', message: 'The URL is not well-formed.', status: 400 } };
}
