import type { OutboundRule } from '../../config/outbound-rule.ts';
import type { Hop } from '../../outbound/hop.ts';
import { isRedirect, nextHop } from '../../outbound/next-hop.ts';
import type { OpenResponse, Outbound, OutboundTimeouts } from '../../outbound/outbound.ts';
import { OutboundError } from '../../outbound/outbound-error.ts';
import type { Redaction } from '../redact-secrets.ts';
import { ToolError } from '../tool-error.ts';
import type { ToolRequest } from './build-request.ts';

const MAX_REDIRECTS = 5;

export interface SendOptions {
  readonly allow: readonly OutboundRule[];
  readonly timeouts: OutboundTimeouts;
  readonly maxBytes: number;
  /** Names of headers that stay with the origin. */
  readonly secretHeaders: readonly string[];
  readonly secrets: Redaction;
  readonly signal: AbortSignal;
}

/**
 * Sends a request and those that its redirects ask for. They are followed here, one by one: a service that repeats the
 * query of a request in the address it redirects to would otherwise hand the owner's key to another origin.
 *
 * @throws OutboundError, ToolError `failed`
 */
export async function sendRequest(
  outbound: Outbound,
  request: ToolRequest,
  options: SendOptions,
): Promise<OpenResponse> {
  const { allow, timeouts, maxBytes, secretHeaders, secrets, signal } = options;
  let hop: Hop = {
    url: request.url,
    method: request.method,
    headers: Object.entries(request.headers).map(([key, value]) => ({ name: key, key, values: [value] })),
    body: request.body,
  };
  for (let redirects = 0; ; redirects++) {
    const { url, method, headers, body } = hop;
    const response = await outbound
      .open(url.href, {
        method,
        headers: Object.fromEntries(headers.map(({ key, values }) => [key, values])),
        body: body as Buffer | null,
        ...{ allow, timeouts, maxBytes, maxRedirects: 0, signal },
      })
      .catch((error) => {
        throw redirects === 0 ? error : afterRedirect(error, request.url);
      });
    const locations = response.headers.location ?? [];
    if (!isRedirect(response.status, locations)) return response;
    // Its body is of no interest, and may have no end.
    response.body.destroy();
    if (redirects === MAX_REDIRECTS) {
      throw new ToolError('failed', `${request.url.host} led to more than ${MAX_REDIRECTS} redirects`);
    }
    try {
      hop = nextHop(hop, response.status, locations, secretHeaders);
    } catch (error) {
      throw afterRedirect(error, request.url);
    }
    if (hop.url.origin !== request.url.origin && secrets.foundIn(hop.url.href)) {
      const text = `${request.url.host} redirects to ${hop.url.host} with the owner's credentials in the address, which are not sent there`;
      throw new ToolError('failed', text);
    }
  }
}

function afterRedirect(error: unknown, first: URL): unknown {
  if (!(error instanceof OutboundError)) return error;
  const { kind, message, address, range, code, cause } = error;
  return new OutboundError(kind, `After a redirect from ${first.host}: ${message}`, {
    ...(address === null ? {} : { address }),
    ...(range === null ? {} : { range }),
    code,
    cause,
  });
}
