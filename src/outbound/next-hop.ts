import type { Header, Hop } from './hop.ts';
import { OutboundError } from './outbound-error.ts';
import { parseTarget } from './parse-target.ts';

const redirects = new Set([301, 302, 303, 307, 308]);

/** True when an answer asks to go elsewhere. */
export function isRedirect(status: number, locations: readonly string[] | undefined): boolean {
  return redirects.has(status) && locations !== undefined && locations.length > 0;
}

/**
 * The request that a redirect asks for, by the rules of `fetch`: 303, and 301 and 302 after POST, go on as GET without a
 * body; 307 and 308 repeat method and body. What leaves the origin (another host, port or scheme) goes without
 * credentials and the headers that the caller called `secret`, and they do not come back on a later hop.
 *
 * @throws OutboundError when the redirect leads to what is not allowed, or cannot be followed.
 */
export function nextHop(
  hop: Hop,
  status: number,
  locations: readonly string[],
  secret: readonly string[],
): Hop {
  const from = hop.url.host;
  const [location = ''] = locations;
  if (locations.some((other) => other !== location)) {
    throw new OutboundError('failed', `${from} redirects to several addresses at once.`);
  }
  // Headers arrive as Latin-1; browsers take a location's bytes for UTF-8.
  const url = parseTarget(Buffer.from(location, 'latin1').toString(), hop.url);
  const headers = url.origin === hop.url.origin ? hop.headers : withoutSecrets(hop.headers, secret);
  const { method } = hop;
  if ((status === 303 && method !== 'GET' && method !== 'HEAD') || (status < 303 && method === 'POST')) {
    return { url, method: 'GET', headers: headers.filter(({ key }) => !bodyHeaders.has(key)), body: null };
  }
  if (hop.body !== null && !Buffer.isBuffer(hop.body)) {
    throw new OutboundError('failed', `${from} redirects a request whose body cannot be sent twice.`);
  }
  if (hop.body !== null && hop.url.protocol === 'https:' && url.protocol === 'http:') {
    const text = `${from} redirects a request from https to http, which would send its body in the clear.`;
    throw new OutboundError('refused', text);
  }
  return { url, method, headers, body: hop.body };
}

const bodyHeaders = new Set(['content-type', 'content-encoding', 'content-language', 'content-location']);

function withoutSecrets(headers: readonly Header[], secret: readonly string[]): readonly Header[] {
  const names = new Set(['authorization', 'cookie', 'proxy-authorization']);
  for (const name of secret) names.add(name.toLowerCase());
  return headers.filter(({ key }) => !names.has(key));
}
