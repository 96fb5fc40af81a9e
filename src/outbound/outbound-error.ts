/**
 * - `refused`: a rule forbids the request, or a part of it; nothing was sent to the address that is named;
 * - `failed`: no connection, or an exchange that broke off;
 * - `timeout`: one of the request's time limits;
 * - `too_large`: an answer beyond its limit.
 */
export type OutboundFailure = 'refused' | 'failed' | 'timeout' | 'too_large';

/**
 * How a request of an app came to nothing. The message is for the app's author: it names hosts, addresses and rules,
 * and never holds a path, a query, a header's value or credentials.
 */
export class OutboundError extends Error {
  readonly kind: OutboundFailure;
  /** The address that was refused. */
  readonly address: string | null;
  /** Why that address is refused, e.g. `a loopback address`. */
  readonly range: string | null;
  /** The code of the network, TLS or HTTP error beneath, e.g. `ECONNREFUSED`. */
  readonly code: string | null;

  constructor(
    kind: OutboundFailure,
    message: string,
    details: { address?: string; range?: string; code?: string | null; cause?: unknown } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'OutboundError';
    this.kind = kind;
    this.address = details.address ?? null;
    this.range = details.range ?? null;
    this.code = details.code ?? null;
  }
}
