import type { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import type { OutboundRule } from '../config/outbound-rule.ts';

/**
 * The only way to the network for what an app, its model or its end user chooses the address of: HTTP nodes, OpenAPI
 * tools, scrapers, remote files, webhooks, MCP servers. Every address is judged when its socket is dialled.
 */
export interface Outbound {
  /**
   * One request with its redirects, read to its end.
   *
   * @throws OutboundError; `signal.reason` on abort, in which case the socket is destroyed inside the abort event.
   */
  request(url: string, options: OutboundOptions): Promise<OutboundResponse>;
  /**
   * The same for an answer that is read piece by piece: what breaks off after the headers is an error of `body`, of the
   * same kinds. A body that is not wanted must be destroyed; at the latest `totalMs` does it.
   */
  open(url: string, options: OutboundOptions): Promise<OpenResponse>;
  /**
   * A `fetch` under the same guard, for libraries that take one. It rejects with an OutboundError where `fetch` has a
   * TypeError, follows fewer redirects, and reads a streamed request body into memory before it sends it.
   */
  fetch(rules: readonly OutboundRule[]): typeof fetch;
  /** Ends all requests and connections; there are no others afterwards. */
  close(): Promise<void>;
}

export interface OutboundOptions {
  /** Default: GET. */
  readonly method?: string;
  /**
   * `host` may only repeat the URL's host. What belongs to the connection (`content-length`, `transfer-encoding`,
   * `connection` and the like) is left out: those are set here.
   */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Names of headers that, like `authorization` and `cookie`, are not sent on when a redirect leaves the origin. */
  readonly secretHeaders?: readonly string[];
  /** A FormData names its own content type. A stream is destroyed with the request. */
  readonly body?: OutboundBody | null;
  /** The exceptions that hold for this app: the server's and its own. */
  readonly allow: readonly OutboundRule[];
  readonly timeouts: OutboundTimeouts;
  /** Largest body, after decompression. */
  readonly maxBytes: number;
  /** Default: 5. With 0 a redirect is returned as it is. */
  readonly maxRedirects?: number;
  readonly signal: AbortSignal;
}

export type OutboundBody = string | Uint8Array | FormData | ReadableStream | Readable;

export interface OutboundTimeouts {
  /** Finding the address, TCP and TLS handshake, for each redirect anew. */
  readonly connectMs: number;
  /** From the request being sent to the last of the answer's headers, and the longest silence in its body. */
  readonly readMs: number;
  /** From the connection to the last byte of the request; default: only `totalMs`. */
  readonly writeMs?: number;
  /** All of it: redirects and the answer's body included. */
  readonly totalMs: number;
}

interface ResponseHead {
  readonly status: number;
  /** By name in lower case, every value as it came. `content-encoding` and `content-length` tell of the body before decoding. */
  readonly headers: Readonly<Record<string, readonly string[]>>;
  /** Where the answer came from, after redirects; without a fragment. */
  readonly url: string;
}

export interface OutboundResponse extends ResponseHead {
  readonly body: Buffer;
}

export interface OpenResponse extends ResponseHead {
  readonly statusText: string;
  readonly body: Readable;
}
