import type { IncomingMessage } from 'node:http';
import { pipeline, Transform, type TransformCallback } from 'node:stream';
import { decoders, encodingNames } from './decoders.ts';
import { OutboundError } from './outbound-error.ts';
import { seconds } from './seconds.ts';

export interface AnswerLimits {
  readonly maxBytes: number;
  /** `maxBytes` is for each event of an event stream. */
  readonly perEvent: boolean;
  /** Longest silence; null: as long as it likes. */
  readonly gapMs: number | null;
  readonly maxEncodings: number;
  /** Its reason becomes the error of the body. */
  readonly signal: AbortSignal;
}

/**
 * The body of an answer, decoded and bounded. Its errors are OutboundErrors or `signal.reason`; the socket is closed
 * with it. An error that nobody listens to is no crash: who reads the body learns of it.
 *
 * @throws OutboundError for a body that is known to be too large, or encoded too often.
 */
export function openBody(
  response: IncomingMessage,
  host: string,
  method: string,
  limits: AnswerLimits,
): Transform {
  const encodings = response.headersDistinct['content-encoding'] ?? [];
  const announced = method === 'HEAD' ? 0 : Number(response.headers['content-length'] ?? 0);
  if (announced > limits.maxBytes && !limits.perEvent) {
    response.destroy();
    throw tooLarge(host, limits.maxBytes);
  }
  if (encodingNames(encodings).length > limits.maxEncodings) {
    response.destroy();
    throw new OutboundError('failed', `${host} sent a body with too many encodings.`);
  }
  const body = new AnswerBody(host, limits);
  const stages = decoders(encodings);
  // Endless input can decode to nothing at all: it is bounded on both sides.
  const raw = stages.length === 0 || limits.perEvent ? [] : [new Meter(host, limits.maxBytes)];
  pipeline([response, ...raw, ...stages, body], () => {});
  const onAbort = () => {
    body.destroy(limits.signal.reason);
    response.destroy();
  };
  body.on('error', () => {}).once('close', () => limits.signal.removeEventListener('abort', onAbort));
  if (limits.signal.aborted) onAbort();
  else limits.signal.addEventListener('abort', onAbort, { once: true });
  return body;
}

class Meter extends Transform {
  protected readonly host: string;
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(host: string, maxBytes: number) {
    super();
    this.host = host;
    this.#maxBytes = maxBytes;
  }

  override _transform(chunk: Buffer, _: BufferEncoding, done: TransformCallback): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#maxBytes) done(tooLarge(this.host, this.#maxBytes));
    else done(null, chunk);
  }

  /** Counts from here again. */
  protected restart(): void {
    this.#bytes = 0;
  }
}

class AnswerBody extends Meter {
  readonly #limits: AnswerLimits;
  #timer: NodeJS.Timeout | undefined;

  constructor(host: string, limits: AnswerLimits) {
    super(host, limits.maxBytes);
    this.#limits = limits;
    const { gapMs } = limits;
    if (gapMs !== null) this.#timer = setTimeout(() => this.#onSilence(gapMs), gapMs);
  }

  override _transform(chunk: Buffer, encoding: BufferEncoding, done: TransformCallback): void {
    this.#timer?.refresh();
    // A blank line ends an event. One that is split between two chunks is missed, the next one is not.
    if (this.#limits.perEvent && /\n\n|\r\r|\r\n\r\n/.test(chunk.toString('latin1'))) this.restart();
    super._transform(chunk, encoding, done);
  }

  override _flush(done: TransformCallback): void {
    clearTimeout(this.#timer);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearTimeout(this.#timer);
    if (this.#limits.signal.aborted) done(this.#limits.signal.reason);
    else done(error === null || error instanceof OutboundError ? error : brokenOff(error, this.host));
  }

  #onSilence(gapMs: number): void {
    // Not the callee is silent, but who reads it.
    if (this.readableLength > 0) this.#timer?.refresh();
    else this.destroy(new OutboundError('timeout', `${this.host} sent nothing for ${seconds(gapMs)}.`));
  }
}

function brokenOff(error: Error & { code?: unknown }, host: string): OutboundError {
  const code = typeof error.code === 'string' ? error.code : null;
  const details = { code, cause: error };
  if (code !== null && /^(Z_|ERR__?ERROR|ERR_BROTLI|ERR_ZLIB)/.test(code)) {
    return new OutboundError(
      'failed',
      `${host} sent a body that does not fit its content-encoding.`,
      details,
    );
  }
  const text = `${host} closed the connection before the answer was complete.`;
  return new OutboundError('failed', text, details);
}

function tooLarge(host: string, maxBytes: number): OutboundError {
  return new OutboundError(
    'too_large',
    `${host} sent more than the ${maxBytes} bytes that are allowed here.`,
  );
}
