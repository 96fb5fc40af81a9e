import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { UpstreamError } from '../upstream-error.ts';
import type { UpstreamEndpoint } from './upstream-endpoint.ts';

/** What reads a response piece by piece. Whatever it throws rejects the call and closes the connection. */
export interface ResponseReader<T> {
  /**
   * `endSoon` is called when the answer is complete but for what may still follow it: `finishMs` after its last call
   * the response is closed and counts as ended well.
   */
  start(status: number, headers: IncomingHttpHeaders, endSoon: () => void): void;
  /** A value ends the call at once; for `drainMs` the rest of the body is drained so that the connection can be kept. */
  data(chunk: Buffer): T | undefined;
  /** `failure` tells how the body broke off; null when it ended well. */
  end(failure: UpstreamError | null): T;
}

/**
 * POSTs JSON and hands the response to `reader`. Directly over undici's dispatch: a request or a fetch costs 1.3 to
 * 2.6 times as much (`facts/peers-performance.md` §5).
 *
 * @throws UpstreamError for a failed connection or what `reader` throws; `signal.reason` on abort, in which case the
 *   socket is destroyed inside the abort event and `reader` is never called again.
 */
export function post<T>(
  endpoint: UpstreamEndpoint,
  path: string,
  body: string,
  reader: ResponseReader<T>,
  signal: AbortSignal,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const exchange = new Exchange(endpoint, reader, signal, resolve, reject);
    endpoint.agent.dispatch(
      {
        origin: endpoint.origin,
        path: `${endpoint.basePath}${path}${endpoint.query}`,
        method: 'POST',
        headers: endpoint.headers as Record<string, string>,
        body,
        headersTimeout: endpoint.headersMs,
        bodyTimeout: endpoint.bodyGapMs,
      },
      exchange,
    );
  });
}

/** One request and its response; settles once. */
class Exchange<T> implements Dispatcher.DispatchHandler {
  readonly #endpoint: UpstreamEndpoint;
  readonly #reader: ResponseReader<T>;
  readonly #signal: AbortSignal;
  readonly #resolve: (value: T) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #onAbort: () => void;
  #controller: Dispatcher.DispatchController | null = null;
  /** Closes the response: `finishMs` after `endSoon`, or `drainMs` after a success that came before its end. */
  #timer: NodeJS.Timeout | null = null;
  #started = false;
  #settled = false;

  constructor(
    endpoint: UpstreamEndpoint,
    reader: ResponseReader<T>,
    signal: AbortSignal,
    resolve: (value: T) => void,
    reject: (reason: unknown) => void,
  ) {
    this.#endpoint = endpoint;
    this.#reader = reader;
    this.#signal = signal;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#onAbort = () => this.#fail(signal.reason);
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#settled) controller.abort(new Error('aborted'));
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (this.#settled || status < 200) return;
    this.#started = true;
    try {
      this.#reader.start(status, headers, () => this.#endSoon());
    } catch (error) {
      this.#fail(error);
    }
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#settled) return;
    try {
      const value = this.#reader.data(chunk);
      if (value !== undefined) this.#succeedEarly(value);
    } catch (error) {
      this.#fail(error);
    }
  }

  onResponseEnd(): void {
    this.#stopTimer();
    this.#end(null);
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#stopTimer();
    const failure = this.#describe(error);
    if (this.#started) this.#end(failure);
    else this.#fail(failure);
  }

  #end(failure: UpstreamError | null): void {
    if (this.#settled) return;
    try {
      this.#succeed(this.#reader.end(failure));
    } catch (error) {
      this.#fail(error);
    }
  }

  #endSoon(): void {
    if (this.#timer !== null) {
      this.#timer.refresh();
      return;
    }
    this.#timer = setTimeout(() => {
      this.#end(null);
      this.#close();
    }, this.#endpoint.finishMs);
  }

  /** Lets the response end by itself, which keeps the connection, but not for longer than `drainMs`. */
  #succeedEarly(value: T): void {
    this.#succeed(value);
    this.#timer = setTimeout(() => this.#close(), this.#endpoint.drainMs).unref();
  }

  #succeed(value: T): void {
    if (this.#settled) return;
    this.#settle();
    this.#resolve(value);
  }

  #fail(reason: unknown): void {
    if (this.#settled) return;
    this.#settle();
    this.#close();
    this.#reject(reason);
  }

  #close(): void {
    this.#controller?.abort(new Error('aborted'));
  }

  #stopTimer(): void {
    if (this.#timer === null) return;
    clearTimeout(this.#timer);
    this.#timer = null;
  }

  #settle(): void {
    this.#settled = true;
    this.#stopTimer();
    this.#signal.removeEventListener('abort', this.#onAbort);
  }

  #describe(error: Error): UpstreamError {
    const code = (error as { code?: unknown }).code;
    switch (code) {
      case 'UND_ERR_HEADERS_TIMEOUT':
        return silence('The model provider did not answer within', this.#endpoint.headersMs);
      case 'UND_ERR_BODY_TIMEOUT':
        return silence('The model provider sent nothing for', this.#endpoint.bodyGapMs);
    }
    if (this.#started) {
      const text = 'The model provider closed the connection before the answer was complete.';
      return new UpstreamError('cut', text, { code: typeof code === 'string' ? code : null });
    }
    const detail = typeof code === 'string' ? ` (${code})` : '';
    return new UpstreamError('connect', `Cannot connect to the model provider${detail}.`, {
      code: typeof code === 'string' ? code : null,
    });
  }
}

function silence(text: string, ms: number): UpstreamError {
  return new UpstreamError('timeout', `${text} ${Math.round(ms / 100) / 10} s.`);
}
