import { isRecord } from '../is-record.ts';
import { upstreamLimits } from '../upstream-limits.ts';
import type { WireMessage } from './chat-chunk.ts';
import type { SentBack } from './sent-back.ts';

/**
 * The reasoning of one answer as it must go back with its tool calls: see `SentBack`. An empty `reasoning_content` is
 * kept as well, since DeepSeek misses that too.
 */
export class KeptReasoning {
  #content: string | null = null;
  readonly #details: Record<string, unknown>[] = [];
  #chars = 0;

  read(message: WireMessage): void {
    const { reasoning_content: content, reasoning_details: details } = message;
    if (typeof content === 'string') {
      this.#chars += content.length;
      if (!this.#isTooLong) this.#content = (this.#content ?? '') + content;
    }
    if (Array.isArray(details)) for (const detail of details) if (isRecord(detail)) this.#addDetail(detail);
  }

  /** Null when the provider has not sent any, or so much that it is not kept. */
  value(): SentBack | null {
    if (this.#isTooLong) return null;
    if (this.#details.length > 0) return { reasoning_details: this.#details };
    return this.#content === null ? null : { reasoning_content: this.#content };
  }

  get #isTooLong(): boolean {
    return this.#chars > upstreamLimits.maxKeptReasoningChars;
  }

  /** The pieces of one block have its index; its signature, which holds for the whole text, may come alone at the end. */
  #addDetail(detail: Readonly<Record<string, unknown>>): void {
    this.#chars += JSON.stringify(detail).length;
    if (this.#isTooLong) return;
    const last = this.#details.at(-1);
    const isPiece =
      (detail.type === 'reasoning.text' || detail.type === 'reasoning.summary') &&
      last?.type === detail.type &&
      last.index === detail.index;
    if (!isPiece) {
      this.#details.push({ ...detail });
      return;
    }
    for (const [name, value] of Object.entries(detail)) {
      const joined = name === 'text' || name === 'summary' ? `${last[name] ?? ''}${value ?? ''}` : value;
      if (value !== null && name !== '__proto__') last[name] = joined;
    }
  }
}
