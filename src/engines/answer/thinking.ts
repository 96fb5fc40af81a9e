const OPEN = '<think>\n';
const CLOSE = '\n</think>';

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
