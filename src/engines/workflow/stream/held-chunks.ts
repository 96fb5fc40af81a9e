import type { Round, TextChunk, TextWithdrawn } from '../events.ts';

export type Said = TextChunk | TextWithdrawn;

/**
 * What a round says that runs beside others of its container: kept until it has ended, so that words of one do not stand
 * between words of another (`facts/dify-dsl-engine.md` §4.12). What is taken back before that is never told.
 */
export class HeldChunks {
  readonly #tell: (said: Said) => void;
  readonly #chunks: TextChunk[];

  /** @param state as `toState` gave it */
  constructor(tell: (said: Said) => void, state: readonly TextChunk[] = []) {
    this.#tell = tell;
    this.#chunks = [...state];
  }

  readonly add = (said: Said): void => {
    if (said.kind === 'text_chunk') this.#chunks.push(said);
    else this.#withdraw(said);
  };

  /** The round has ended, well or not. */
  release(): void {
    for (const chunk of this.#chunks.splice(0)) this.#tell(chunk);
  }

  toState(): readonly TextChunk[] {
    return [...this.#chunks];
  }

  /** From the end of what the same round has said: others within it may have spoken since. */
  #withdraw({ length, round }: TextWithdrawn): void {
    let left = length;
    for (let at = this.#chunks.length - 1; at >= 0 && left > 0; at -= 1) {
      const chunk = this.#chunks[at] as TextChunk;
      if (!isSameRound(chunk.round, round)) continue;
      const kept = Math.max(0, chunk.text.length - left);
      left -= chunk.text.length - kept;
      if (kept > 0) this.#chunks[at] = { ...chunk, text: chunk.text.slice(0, kept) };
      else this.#chunks.splice(at, 1);
    }
  }
}

/** A snapshot holds copies. */
function isSameRound(a: Round | null, b: Round | null): boolean {
  if (a === b) return true;
  if (a === null || b === null) return false;
  return a.index === b.index && a.containerId === b.containerId && isSameRound(a.outer, b.outer);
}
