import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { isRedirect } from './next-hop.ts';
import type { OpenResponse } from './outbound.ts';
import { OutboundError } from './outbound-error.ts';
import { parseTarget } from './parse-target.ts';

export interface FetchRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | null;
  readonly signal: AbortSignal;
}

/** A `fetch` over `open`, which guards and bounds it. `follow` false: a redirect is returned as it is. */
export function guardedFetch(
  open: (url: string, request: FetchRequest, follow: boolean) => Promise<OpenResponse>,
): typeof fetch {
  return async function fetch(input, init) {
    const address = typeof input === 'string' ? input : input instanceof URL ? input.href : input.url;
    // Before Request, whose own error would repeat the credentials of the URL.
    const { href, host } = parseTarget(address);
    // Without a signal: a Request stops following it when it is collected as garbage, and stays on it until then.
    const request = new Request(input, { ...init, signal: null });
    const wanted = {
      method: request.method,
      headers: Object.fromEntries(request.headers),
      body: request.body === null ? null : Buffer.from(await request.arrayBuffer()),
      signal: init?.signal ?? (input instanceof Request ? input.signal : new AbortController().signal),
    };
    const answer = await open(href, wanted, request.redirect === 'follow');
    if (request.redirect === 'error' && isRedirect(answer.status, answer.headers.location)) {
      answer.body.destroy();
      throw new OutboundError('failed', `${host} redirects, which this request does not follow.`);
    }
    return toResponse(answer, answer.url !== href);
  };
}

function toResponse(answer: OpenResponse, redirected: boolean): Response {
  const { status, statusText, body } = answer;
  if (status > 599) {
    body.destroy();
    const text = `${new URL(answer.url).host} sent the status ${status}, which HTTP does not have.`;
    throw new OutboundError('failed', text);
  }
  const headers = new Headers();
  for (const [name, values] of Object.entries(answer.headers)) {
    for (const value of values) headers.append(name, value);
  }
  const empty = status === 204 || status === 205 || status === 304;
  if (empty) body.resume();
  const content = empty ? null : (Readable.toWeb(body) as ReadableStream<Uint8Array>);
  const response = new Response(content, { status, statusText, headers });
  return Object.defineProperties(response, {
    url: { value: answer.url },
    redirected: { value: redirected },
  });
}
