import { type Agent, type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { LookupFunction, Socket } from 'node:net';
import { pipeline } from 'node:stream';
import { describeFailure } from './describe-failure.ts';
import { endpointOf } from './endpoint-of.ts';
import type { Hop } from './hop.ts';
import { OutboundError } from './outbound-error.ts';
import type { OutboundLimits } from './outbound-limits.ts';
import { seconds } from './seconds.ts';

export interface ExchangeOptions {
  /** False: a connection that is used once. */
  readonly agent: Agent | false;
  readonly lookup: LookupFunction;
  readonly limits: OutboundLimits;
  readonly connectMs: number;
  readonly writeMs: number | null;
  readonly headersMs: number;
  readonly signal: AbortSignal;
}

/**
 * Sends one request and waits for the headers of its answer. Over node:http, not undici: a request there has its socket
 * before it is dialled, so that an abort closes one that is still connecting, and every request has time limits and
 * a lookup of its own.
 *
 * @throws OutboundError; `signal.reason` on abort, in which case the socket is destroyed inside the abort event.
 */
export function exchange(hop: Hop, options: ExchangeOptions): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    if (options.signal.aborted) return reject(options.signal.reason);
    new Exchange(hop, options, resolve, reject).start();
  });
}

class Exchange {
  readonly #hop: Hop;
  readonly #options: ExchangeOptions;
  readonly #resolve: (response: IncomingMessage | Promise<IncomingMessage>) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #onAbort = (): void => this.#fail(this.#options.signal.reason);
  readonly #request: ClientRequest;
  #socket: Socket | null = null;
  #connected = false;
  #settled = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    hop: Hop,
    options: ExchangeOptions,
    resolve: (response: IncomingMessage | Promise<IncomingMessage>) => void,
    reject: (reason: unknown) => void,
  ) {
    this.#hop = hop;
    this.#options = options;
    this.#resolve = resolve;
    this.#reject = reject;
    const { url } = hop;
    const { host, port } = endpointOf(url);
    const send = url.protocol === 'https:' ? requestHttps : requestHttp;
    this.#request = send({
      protocol: url.protocol,
      hostname: host,
      port,
      path: `${url.pathname}${url.search}`,
      method: hop.method,
      headers: wireHeaders(hop),
      agent: options.agent,
      lookup: options.lookup,
      maxHeaderSize: options.limits.maxHeaderBytes,
    });
  }

  start(): void {
    const { connectMs, signal } = this.#options;
    const { host } = this.#hop.url;
    signal.addEventListener('abort', this.#onAbort, { once: true });
    this.#limit(connectMs, `${host} could not be connected to within`);
    this.#request
      .on('socket', (socket) => this.#onSocket(socket))
      .on('finish', () => this.#waitForPhase())
      .on('response', (response) => this.#succeed(response))
      .on('upgrade', () => {
        const text = `${host} switched to another protocol, which it was not asked to.`;
        this.#fail(new OutboundError('failed', text));
      })
      .on('error', (error) => this.#onError(error));
    const { body } = this.#hop;
    if (body === null || Buffer.isBuffer(body)) {
      this.#request.end(body);
      return;
    }
    body.once('error', (cause) => {
      this.#fail(new OutboundError('failed', `The body of the request to ${host} broke off.`, { cause }));
    });
    pipeline(body, this.#request, () => {});
  }

  #onSocket(socket: Socket): void {
    this.#socket = socket;
    if (this.#settled) this.#request.destroy();
    else if (this.#request.reusedSocket) this.#onConnected();
    else {
      const event = this.#hop.url.protocol === 'https:' ? 'secureConnect' : 'connect';
      socket.once(event, () => this.#onConnected());
    }
  }

  #onConnected(): void {
    this.#connected = true;
    this.#waitForPhase();
  }

  /** Sets the time limit of what comes next: the rest of the request, or the headers of the answer. */
  #waitForPhase(): void {
    if (this.#settled || !this.#connected) return;
    const { writeMs, headersMs } = this.#options;
    const { host } = this.#hop.url;
    if (this.#request.writableFinished) this.#limit(headersMs, `${host} did not answer within`);
    else if (writeMs !== null) this.#limit(writeMs, `${host} did not take the request within`);
    else clearTimeout(this.#timer);
  }

  #onError(error: Error): void {
    if (this.#settled) return;
    if (this.#isStale(error)) {
      this.#settle();
      this.#resolve(exchange(this.#hop, { ...this.#options, agent: false }));
      return;
    }
    const { url } = this.#hop;
    this.#fail(describeFailure(error, url.host, this.#connected, this.#options.limits));
  }

  /**
   * The callee closed an idle connection at the moment it was used again. A request that changes nothing is sent once
   * more; whether another one has arrived cannot be known.
   */
  #isStale(error: Error & { code?: unknown }): boolean {
    const { body, method } = this.#hop;
    const repeatable =
      /^(GET|HEAD|OPTIONS|PUT|DELETE)$/.test(method) && (body === null || Buffer.isBuffer(body));
    return (
      repeatable && this.#request.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
    );
  }

  #succeed(response: IncomingMessage): void {
    if (this.#settled) return;
    this.#settle();
    // An answer that is complete before the request is: the rest of it is of no use to anybody.
    response.once('close', () => {
      if (!this.#request.writableFinished) this.#request.destroy();
    });
    this.#resolve(response);
  }

  #fail(reason: unknown): void {
    if (this.#settled) return;
    this.#settle();
    // A request destroyed before it has its socket would leave that to the agent, connecting: `#onSocket` destroys it.
    if (this.#socket !== null) this.#request.destroy();
    this.#reject(reason);
  }

  #limit(ms: number, text: string): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#fail(new OutboundError('timeout', `${text} ${seconds(ms)}.`));
    }, ms);
  }

  #settle(): void {
    this.#settled = true;
    clearTimeout(this.#timer);
    this.#options.signal.removeEventListener('abort', this.#onAbort);
  }
}

function wireHeaders(hop: Hop): Record<string, string | string[]> {
  // No prototype: "__proto__" is a header's name like any other.
  const headers: Record<string, string | string[]> = Object.create(null);
  for (const { name, values } of hop.headers) {
    const [first] = values;
    headers[name] = values.length === 1 && first !== undefined ? first : [...values];
  }
  // Always named: for some methods node:http would otherwise send a body without saying where it ends.
  if (Buffer.isBuffer(hop.body)) headers['content-length'] = String(hop.body.byteLength);
  else if (hop.body !== null) headers['transfer-encoding'] = 'chunked';
  return headers;
}
