import type { IncomingMessage } from 'node:http';
import type { OutboundRule } from '../config/outbound-rule.ts';
import type { ConnectionPools } from './connection-pools.ts';
import { exchange } from './exchange.ts';
import { guardedLookup } from './guarded-lookup.ts';
import type { Hop } from './hop.ts';
import { isRedirect, nextHop } from './next-hop.ts';
import { OutboundError } from './outbound-error.ts';
import type { OutboundLimits } from './outbound-limits.ts';
import type { Resolve } from './resolve-by-system.ts';

export interface SendOptions {
  readonly allow: readonly OutboundRule[];
  readonly secretHeaders: readonly string[];
  readonly maxRedirects: number;
  readonly connectMs: number;
  readonly writeMs: number | null;
  readonly headersMs: number;
  readonly signal: AbortSignal;
}

export interface SendServices {
  readonly pools: ConnectionPools;
  readonly resolve: Resolve;
  readonly limits: OutboundLimits;
}

/** Sends a request and those that its redirects ask for. Each is judged by itself: no exception is carried over. */
export async function send(
  first: Hop,
  options: SendOptions,
  services: SendServices,
): Promise<{ readonly hop: Hop; readonly response: IncomingMessage }> {
  let hop = first;
  for (let redirects = 0; ; redirects++) {
    const response = await sendOne(hop, options, services).catch((error) => {
      throw redirects === 0 ? error : afterRedirect(error, first);
    });
    const locations = response.headersDistinct.location;
    const status = response.statusCode ?? 0;
    if (options.maxRedirects === 0 || locations === undefined || !isRedirect(status, locations)) {
      return { hop, response };
    }
    // Its body is of no interest, and may have no end.
    response.destroy();
    if (redirects === options.maxRedirects) {
      throw new OutboundError('failed', `${first.url.host} led to more than ${redirects} redirects.`);
    }
    try {
      hop = nextHop(hop, status, locations, options.secretHeaders);
    } catch (error) {
      throw afterRedirect(error, first);
    }
  }
}

async function sendOne(hop: Hop, options: SendOptions, services: SendServices): Promise<IncomingMessage> {
  const { pools, resolve, limits } = services;
  const { allow, connectMs, writeMs, headersMs, signal } = options;
  const lookup = guardedLookup(hop.url, allow, resolve);
  const agent = authenticatesConnection(hop) ? false : pools.agent(allow, hop.url);
  return exchange(hop, { agent, lookup, limits, connectMs, writeMs, headersMs, signal });
}

/** These schemes log the connection in, not the request: what is sent over it later would have the same rights. */
function authenticatesConnection(hop: Hop): boolean {
  return hop.headers.some(({ key, values }) => {
    const credentials = key === 'authorization' || key === 'proxy-authorization';
    return credentials && values.some((value) => /^(ntlm|negotiate)\b/i.test(value));
  });
}

/** An author looks for the address in the app, where only the first one stands. */
function afterRedirect(error: unknown, first: Hop): unknown {
  if (!(error instanceof OutboundError)) return error;
  const { kind, message, address, range, code, cause } = error;
  return new OutboundError(kind, `After a redirect from ${first.url.host}: ${message}`, {
    ...(address === null ? {} : { address }),
    ...(range === null ? {} : { range }),
    code,
    cause,
  });
}
