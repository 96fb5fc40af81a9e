const OPEN = '<think>\n';
const CLOSE = '\n</think>';
const BLOCK = /<think>[\s\S]*?(?:<\/think>\s*|$)/g;

/**
 * Puts a model's reasoning into its answer between `<think>` tags, as Dify's model plugins do and its clients
 * expect. Answers what to say for each piece.
 */
export class Thinking {
  #open = false;

  reasoning(text: string): string {
    if (this.#open) return text;
    this.#open = true;
    return OPEN + text;
  }

  text(text: string): string {
    return this.end() + text;
  }

  /** Closes a block that is open. */
  end(): string {
    if (!this.#open) return '';
    this.#open = false;
    return CLOSE;
  }
}

/** An answer without its reasoning. */
export function withoutThinking(answer: string): string {
  return answer.includes('<think>') ? answer.replace(BLOCK, '') : answer;
}

/** The same for an answer that is still growing: passes on what is no reasoning, wherever the pieces break. */
export class ThinkingFilter {
  #thinking = false;
  /** The end of what came, while it may be the beginning of a tag. */
  #held = '';

  add(piece: string): string {
    let passed = '';
    let rest = this.#held + piece;
    for (;;) {
      const tag = this.#thinking ? '</think>' : '<think>';
      const at = rest.indexOf(tag);
      const end = at === -1 ? rest.length - beginningAtEnd(rest, tag) : at;
      if (!this.#thinking) passed += rest.slice(0, end);
      if (at === -1) {
        this.#held = rest.slice(end);
        return passed;
      }
      this.#thinking = !this.#thinking;
      rest = rest.slice(at + tag.length);
    }
  }

  /** What is left at the end, which has become no tag; begins anew. */
  end(): string {
    const rest = this.#thinking ? '' : this.#held;
    this.#thinking = false;
    this.#held = '';
    return rest;
  }
}

/** How many characters at the end of `text` are a beginning of `tag`. */
function beginningAtEnd(text: string, tag: string): number {
  for (let length = Math.min(tag.length - 1, text.length); length > 0; length--) {
    if (text.endsWith(tag.slice(0, length))) return length;
  }
  return 0;
}
