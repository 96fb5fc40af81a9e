import { UpstreamError } from '../upstream-error.ts';
import { upstreamLimits } from '../upstream-limits.ts';

/** Collects a body that is read as a whole: of an error (cut at 64 KB) or of an answer that is not streamed. */
export class BodyText {
  readonly #chunks: Buffer[] = [];
  readonly #isError: boolean;
  #size = 0;

  constructor(options: { isError: boolean }) {
    this.#isError = options.isError;
  }

  add(chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#isError && this.#size > upstreamLimits.maxErrorBytes) return;
    if (this.#size > upstreamLimits.maxJsonBytes) {
      throw new UpstreamError('malformed', 'The model provider sent an answer that is too large.');
    }
    this.#chunks.push(Buffer.from(chunk));
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString('utf8');
  }
}
