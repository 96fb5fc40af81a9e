import { type Redaction, redactSecrets } from '../redact-secrets.ts';
import type { OwnerCredentials } from './owner-credentials.ts';

const PUBLIC_HEADERS = /^(accept|accept-.*|content-type|user-agent)$/i;

/** What the owner sends to a service in confidence. */
export function ownerSecrets({ headers, query, cookies }: OwnerCredentials): Redaction {
  const secret = Object.entries(headers).flatMap(([name, value]) => (isPublicHeader(name) ? [] : [value]));
  return redactSecrets([...secret, ...Object.values(query), ...Object.values(cookies)]);
}

/** Whether a header of the owner's holds no credential. */
export function isPublicHeader(name: string): boolean {
  return PUBLIC_HEADERS.test(name);
}
