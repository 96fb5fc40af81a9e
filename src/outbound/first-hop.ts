import { validateHeaderName, validateHeaderValue } from 'node:http';
import { Readable } from 'node:stream';
import type { Header, Hop } from './hop.ts';
import type { OutboundBody, OutboundOptions } from './outbound.ts';
import { OutboundError } from './outbound-error.ts';
import { parseTarget } from './parse-target.ts';

type Wanted = Pick<OutboundOptions, 'method' | 'headers' | 'body'>;

/**
 * The request that a caller asks for, as it may be sent.
 *
 * @throws OutboundError 'refused' for an address, a method or a header that may not be.
 */
export async function firstHop(address: string, wanted: Wanted): Promise<Hop> {
  const url = parseTarget(address);
  const method = checkMethod(wanted.method ?? 'GET');
  const headers = cleanHeaders(wanted.headers ?? {}, url);
  const { content, contentType } = await encodeBody(wanted.body ?? null);
  const own = contentType === null ? headers : headers.filter(({ key }) => key !== 'content-type');
  return { url, method, headers: [...own, ...missing(own, contentType)], body: content };
}

function checkMethod(method: string): string {
  // CONNECT asks for a tunnel, TRACE for an echo of the headers: as for `fetch`, neither is a request for a resource.
  if (!/^[A-Za-z][A-Za-z-]{0,31}$/.test(method) || /^(connect|trace|track)$/i.test(method)) {
    throw new OutboundError('refused', 'This request method is not allowed.');
  }
  return method.toUpperCase();
}

/**
 * What tells where a message ends, or belongs to one connection. From a caller it could hide a second request in
 * the first one's body, and so put a stranger's answer on a connection that others use after it.
 */
const connectionHeaders = new Set([
  ...['content-length', 'transfer-encoding', 'te', 'trailer', 'expect', 'upgrade'],
  ...['connection', 'keep-alive', 'proxy-connection', 'http2-settings'],
]);

function cleanHeaders(wanted: NonNullable<OutboundOptions['headers']>, url: URL): Header[] {
  const headers = new Map<string, Header>();
  for (const [name, value] of Object.entries(wanted)) {
    const key = name.toLowerCase();
    if (connectionHeaders.has(key)) continue;
    const values = (typeof value === 'string' ? [value] : value).map((text) => text.trim());
    checkHeader(name, values);
    if (key === 'host') {
      // With another name than the one that was judged, a server of many names would answer for one that was not.
      if (values.every((host) => host.toLowerCase() === url.host)) continue;
      throw new OutboundError('refused', `The header "host" may only be ${url.host}, as in the address.`);
    }
    headers.set(key, { name, key, values: [...(headers.get(key)?.values ?? []), ...values] });
  }
  return [...headers.values()];
}

function checkHeader(name: string, values: readonly string[]): void {
  try {
    validateHeaderName(name);
    for (const value of values) validateHeaderValue(name, value);
  } catch (error) {
    const code = String((error as { code?: unknown }).code);
    const text = `The header ${JSON.stringify(name.slice(0, 100))} has characters that no header may have.`;
    throw new OutboundError('refused', text, { code });
  }
}

/** Public servers refuse requests that do not say who asks. */
const defaults: Readonly<Record<string, string>> = {
  accept: '*/*',
  'accept-encoding': 'gzip, deflate, br',
  'user-agent': 'Parley',
};

function missing(headers: readonly Header[], contentType: string | null): Header[] {
  const all = contentType === null ? defaults : { ...defaults, 'content-type': contentType };
  return Object.entries(all)
    .filter(([key]) => !headers.some((header) => header.key === key))
    .map(([key, value]) => ({ name: key, key, values: [value] }));
}

interface Encoded {
  readonly content: Buffer | Readable | null;
  readonly contentType: string | null;
}

async function encodeBody(body: OutboundBody | null): Promise<Encoded> {
  if (body === null) return { content: null, contentType: null };
  if (typeof body === 'string') return { content: Buffer.from(body), contentType: null };
  if (body instanceof Uint8Array) {
    return { content: Buffer.from(body.buffer, body.byteOffset, body.byteLength), contentType: null };
  }
  if (body instanceof FormData) {
    // Whole, because its length is then known, which many servers want, and a redirect can repeat it.
    const form = new Response(body);
    const content = Buffer.from(await form.arrayBuffer());
    return { content, contentType: form.headers.get('content-type') };
  }
  return { content: body instanceof Readable ? body : Readable.fromWeb(body), contentType: null };
}
