/** Deeper than any arguments are; what writes values by recursion would break far below. */
const MAX_DEPTH = 200;

/** Looks for the end of JSON that comes in pieces. The JSON is an object, or a list of objects. */
export class JsonScanner {
  /** Characters of earlier pieces. */
  #seen = 0;
  #depth = 0;
  #quoted = false;
  #escaped = false;
  /** Before the first `{`, right behind it, where a key must come or its `}`, and after that. */
  #at: 'outside' | 'opened' | 'inside' = 'outside';

  /** How long the JSON is, once its end has come; null: not yet, `no`: it is no JSON. */
  scan(piece: string): number | 'no' | null {
    for (let index = 0; index < piece.length; index++) {
      const character = piece[index] as string;
      if (this.#escaped) this.#escaped = false;
      else if (this.#quoted) {
        if (character === '"') this.#quoted = false;
        this.#escaped = character === '\\';
      } else if (this.#at === 'opened' && character !== '"' && character !== '}') {
        if (!/\s/.test(character)) return 'no';
      } else {
        if (this.#at === 'opened') this.#at = 'inside';
        if (character === '"') this.#quoted = true;
        else if (character === '[' || character === '{') {
          if (++this.#depth > MAX_DEPTH) return 'no';
          if (character === '{' && this.#at === 'outside') this.#at = 'opened';
        } else if ((character === ']' || character === '}') && --this.#depth === 0)
          return this.#seen + index + 1;
      }
    }
    this.#seen += piece.length;
    return null;
  }
}
