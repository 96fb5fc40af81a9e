import { OutboundError } from './outbound-error.ts';
import type { OutboundLimits } from './outbound-limits.ts';

/** What went wrong between us and `host` before it answered, in words for an app's author. */
export function describeFailure(
  error: Error & { code?: unknown; syscall?: unknown },
  host: string,
  connected: boolean,
  limits: OutboundLimits,
): OutboundError {
  if (error instanceof OutboundError) return error;
  const code = typeof error.code === 'string' ? error.code : null;
  const details = { code, cause: error };
  const suffix = code === null ? '' : ` (${code})`;
  if (error.syscall === 'getaddrinfo') {
    return new OutboundError('failed', `Cannot find the address of ${host}${suffix}.`, details);
  }
  if (code === 'HPE_HEADER_OVERFLOW') {
    const text = `${host} sent more than ${limits.maxHeaderBytes} bytes of headers.`;
    return new OutboundError('too_large', text, details);
  }
  if (code?.startsWith('HPE_')) {
    return new OutboundError('failed', `${host} sent an answer that is not HTTP${suffix}.`, details);
  }
  if (code !== null && /CERT|_ISSUER_|_LEAF_SIGNATURE/.test(code)) {
    return new OutboundError('failed', `The certificate of ${host} is not trusted${suffix}.`, details);
  }
  if (!connected) return new OutboundError('failed', `Cannot connect to ${host}${suffix}.`, details);
  return new OutboundError('failed', `${host} closed the connection before it answered${suffix}.`, details);
}
