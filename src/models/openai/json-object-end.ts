/** Tells when a JSON object that arrives in pieces is complete, looking at each character once. */
export class JsonObjectEnd {
  #depth = 0;
  #inString = false;
  #escaped = false;
  #closed = false;

  /** True once the object's last bracket has come. */
  get isReached(): boolean {
    return this.#closed;
  }

  add(piece: string): void {
    for (let i = 0; i < piece.length && !this.#closed; i++) this.#step(piece[i]);
  }

  #step(character: string | undefined): void {
    if (this.#inString) {
      if (this.#escaped) this.#escaped = false;
      else if (character === '\\') this.#escaped = true;
      else if (character === '"') this.#inString = false;
      return;
    }
    switch (character) {
      case '"':
        this.#inString = true;
        break;
      case '{':
      case '[':
        this.#depth++;
        break;
      case '}':
      case ']':
        this.#closed = --this.#depth <= 0;
        break;
    }
  }
}
