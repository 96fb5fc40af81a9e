import { Readable } from 'node:stream';
import { createConnectionPools } from './connection-pools.ts';
import { firstHop } from './first-hop.ts';
import { guardedFetch } from './guarded-fetch.ts';
import { Lifetime } from './lifetime.ts';
import { openBody } from './open-body.ts';
import { type Opening, openingOfFetch, openingOfRequest } from './opening.ts';
import type { OpenResponse, Outbound, OutboundBody } from './outbound.ts';
import { OutboundError } from './outbound-error.ts';
import { type OutboundLimits, outboundLimits } from './outbound-limits.ts';
import { type Resolve, resolveBySystem } from './resolve-by-system.ts';
import { send } from './send.ts';

export interface CreateOutboundOptions {
  /** For tests. */
  readonly lookup?: Resolve;
  readonly limits?: Partial<OutboundLimits>;
}

/**
 * @example
 * const outbound = createOutbound();
 * const { status, body } = await outbound.request('https://api.example/v1', {
 *   allow: [],
 *   timeouts: { connectMs: 10_000, readMs: 60_000, totalMs: 120_000 },
 *   maxBytes: 1024 * 1024,
 *   signal,
 * });
 */
export function createOutbound(options: CreateOutboundOptions = {}): Outbound {
  const limits = { ...outboundLimits, ...options.limits };
  const pools = createConnectionPools(limits);
  const services = { pools, limits, resolve: options.lookup ?? resolveBySystem };
  const lifetimes = new Set<Lifetime>();
  let closed = false;

  async function open(address: string, opening: Opening): Promise<OpenResponse> {
    if (closed) throw shutDown();
    const lifetime = new Lifetime(opening.signal, opening.totalMs);
    lifetimes.add(lifetime);
    const release = () => {
      lifetime.release();
      lifetimes.delete(lifetime);
    };
    const { signal } = lifetime;
    let unsent: OutboundBody | null = opening.body ?? null;
    try {
      const first = await firstHop(address, opening);
      unsent = first.body;
      const { hop, response } = await send(first, { ...opening, signal }, services);
      const { maxBytes, gapMs, endlessEvents } = opening;
      const perEvent = endlessEvents && /^text\/event-stream\b/i.test(response.headers['content-type'] ?? '');
      const bounds = { maxBytes, perEvent, gapMs, maxEncodings: limits.maxEncodings, signal };
      const body = openBody(response, hop.url.host, hop.method, bounds).once('close', release);
      return {
        status: response.statusCode ?? 0,
        statusText: response.statusMessage ?? '',
        headers: response.headersDistinct as Record<string, string[]>,
        url: hop.url.href,
        body,
      };
    } catch (error) {
      release();
      discard(unsent);
      throw signal.aborted ? signal.reason : error;
    }
  }

  return {
    async request(url, options) {
      const { statusText: _, body, ...head } = await open(url, openingOfRequest(options, limits));
      const chunks: Buffer[] = [];
      try {
        for await (const chunk of body) chunks.push(chunk);
      } catch (error) {
        // A stream makes an error of its own of a reason that is none.
        throw options.signal.aborted ? options.signal.reason : error;
      }
      return { ...head, body: Buffer.concat(chunks) };
    },
    open: (url, options) => open(url, openingOfRequest(options, limits)),
    fetch: (rules) =>
      guardedFetch((url, wanted, follow) => open(url, openingOfFetch(wanted, follow, rules, limits))),
    async close() {
      closed = true;
      for (const lifetime of lifetimes) lifetime.end(shutDown());
      pools.close();
    },
  };
}

/** Lets go of a stream that nobody will read any more. */
function discard(body: OutboundBody | null): void {
  if (body instanceof Readable) body.destroy();
  else if (body instanceof ReadableStream && !body.locked) body.cancel().catch(() => {});
}

function shutDown(): OutboundError {
  return new OutboundError('failed', 'The server is shutting down.');
}
