import { EXTRACT_LIMITS } from './extract-limits.ts';
import { unreadable } from './extraction-error.ts';

/** Text that grows piece by piece, and not beyond what a document may give. */
export class BoundedText {
  readonly #parts: string[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** @throws ExtractionError */
  add(text: string): void {
    this.charge(text.length);
    this.#parts.push(text);
  }

  /** Counts what is still to come, or stands elsewhere. */
  charge(characters: number): void {
    this.#length += characters;
    checkLength(this.#length);
  }

  toString(): string {
    return this.#parts.join('');
  }
}

/** No charset takes more for what JavaScript counts as one character. */
const MOST_BYTES = 4;

/** Whether it can be seen without decoding that bytes are more text than a document may give. */
export function isTooLong(bytes: Uint8Array): boolean {
  return bytes.length > EXTRACT_LIMITS.outputChars * MOST_BYTES;
}

/** @throws ExtractionError for more text than a document may give */
export function checkLength(characters: number): void {
  if (characters <= EXTRACT_LIMITS.outputChars) return;
  const most = EXTRACT_LIMITS.outputChars.toLocaleString('en');
  throw unreadable(`the document has more than ${most} characters of text`);
}
