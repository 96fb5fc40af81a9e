/**
 * Stored and streamed answers hold a model's reasoning between `<think>` tags (`engines/answer/thinking.ts` writes
 * them, and some models do so themselves). Here the two are told apart again: for a whole answer, and for one that is
 * still growing. The newlines inside the tags, and white space behind them, belong to the tags.
 */
const OPEN = '<think>';
const CLOSE = '</think>';
/** A block that is never closed reaches to the end. */
const BLOCK = /<think>\n?([\s\S]*?)(?:\n?<\/think>\s*|$)/g;

/** An answer without its reasoning. */
export function withoutReasoning(answer: string): string {
  return answer.includes(OPEN) ? answer.replace(BLOCK, '') : answer;
}

/** The reasoning of an answer, a newline between the blocks. Blocks with nothing in them leave nothing. */
export function reasoningOf(answer: string): string {
  return Array.from(answer.matchAll(BLOCK), ([, reasoning]) => reasoning)
    .filter((reasoning) => reasoning !== '')
    .join('\n');
}

/** What a piece adds to the text of an answer and to its reasoning. */
export interface SplitPiece {
  readonly text: string;
  readonly reasoning: string;
}

/** Both of an answer that is still growing, wherever its pieces break. */
export class ReasoningSplitter {
  /** `opened` and `closed`: just behind a tag, where what belongs to the tag may still come. */
  #at: 'text' | 'opened' | 'reasoning' | 'closed' = 'text';
  /** The end of what came, while it may be the beginning of a tag. */
  #held = '';
  #reasoned = false;
  /** Goes before the reasoning that comes next, if any does. */
  #separator = '';

  /** Passes on at once all that can be no tag. */
  add(piece: string): SplitPiece {
    let text = '';
    let reasoning = '';
    let rest = this.#held + piece;
    this.#held = '';
    while (rest !== '') {
      switch (this.#at) {
        case 'closed':
          rest = rest.trimStart();
          if (rest !== '') this.#at = 'text';
          break;
        case 'opened':
          if (rest.startsWith('\n')) rest = rest.slice(1);
          this.#at = 'reasoning';
          break;
        case 'text': {
          const tag = rest.indexOf(OPEN);
          text += rest.slice(0, tag === -1 ? this.#hold(rest, OPEN) : tag);
          if (tag === -1) return { text, reasoning };
          rest = rest.slice(tag + OPEN.length);
          this.#at = 'opened';
          this.#separator = this.#reasoned ? '\n' : '';
          break;
        }
        case 'reasoning': {
          const tag = rest.indexOf(CLOSE);
          const end = tag === -1 ? this.#hold(rest, CLOSE) : tag - (rest[tag - 1] === '\n' ? 1 : 0);
          reasoning += this.#separated(rest.slice(0, end));
          if (tag === -1) return { text, reasoning };
          rest = rest.slice(tag + CLOSE.length);
          this.#at = 'closed';
          break;
        }
      }
    }
    return { text, reasoning };
  }

  /** What is left at the end, which has become no tag; begins anew. */
  end(): SplitPiece {
    const left =
      this.#at === 'reasoning'
        ? { text: '', reasoning: this.#separated(this.#held) }
        : { text: this.#held, reasoning: '' };
    this.#at = 'text';
    this.#held = '';
    this.#reasoned = false;
    return left;
  }

  /** Keeps the end of `rest` that may be the beginning of `tag`, and answers where it begins. */
  #hold(rest: string, tag: string): number {
    const last = rest.lastIndexOf('<');
    let end = last !== -1 && tag.startsWith(rest.slice(last)) ? last : rest.length;
    if (tag === CLOSE && rest[end - 1] === '\n') end -= 1;
    this.#held = rest.slice(end);
    return end;
  }

  #separated(reasoning: string): string {
    if (reasoning === '') return '';
    const separated = this.#separator + reasoning;
    this.#separator = '';
    this.#reasoned = true;
    return separated;
  }
}
