/** Collects what code prints, up to a number of bytes; the rest is dropped and said to be. */
export class Printed {
  readonly #bytes: Uint8Array;
  #size = 0;
  #cut = false;

  constructor(maxBytes: number) {
    this.#bytes = new Uint8Array(maxBytes);
  }

  readonly write = (chunk: Uint8Array): number => {
    const fits = chunk.subarray(0, this.#bytes.length - this.#size);
    this.#bytes.set(fits, this.#size);
    this.#size += fits.length;
    if (fits.length < chunk.length) this.#cut = true;
    return chunk.length;
  };

  /** What was printed since the last time. */
  take(): string {
    const text = new TextDecoder().decode(this.#bytes.subarray(0, this.#size));
    // Half a character may stand at the cut.
    const output = this.#cut ? `${text.replace(/\uFFFD$/, '')}\n[output cut at ${this.#size} bytes]` : text;
    this.#size = 0;
    this.#cut = false;
    return output;
  }
}
