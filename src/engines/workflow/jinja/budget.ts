import { JinjaError } from './jinja-error.ts';

/** What one template may take. Work is counted, not timed, so that the same template always does the same. */
export interface TemplateLimits {
  /** Expressions evaluated, items and characters gone through (64 of these count as one). */
  readonly work: number;
  /** Characters of the output, and of any text on the way. */
  readonly characters: number;
  /** Macros within macros. */
  readonly depth: number;
}

/** Of the template that is being rendered: one at a time, since rendering never waits. */
let active: Budget | null = null;

/**
 * What goes through a value of any depth pays for every part of it, since values may hold the same part many times, and
 * for its characters (64 of these count as one).
 */
export function payForPart(characters = 0): void {
  active?.spend(1 + characters / 64);
}

/** Two values, or parts of values, are held against each other, that may have `characters` in common. */
export function payForComparison(characters = 0): void {
  active?.spend((1 + characters / 32) / 8);
}

export class Budget {
  readonly #limits: TemplateLimits;
  #work = 0;
  #depth = 0;

  constructor(limits: TemplateLimits) {
    this.#limits = limits;
  }

  /** The budget that `payForPart` draws on while `run` runs. */
  during<T>(run: () => T): T {
    const before = active;
    active = this;
    try {
      return run();
    } finally {
      active = before;
    }
  }

  spend(work: number): void {
    this.#work += work;
    if (this.#work > this.#limits.work) {
      throw new JinjaError('TimeoutError', 'The template takes too much work.');
    }
  }

  /** Of a text, or a list, that is about to be made. */
  grow(length: number): void {
    if (length > this.#limits.characters) {
      throw new JinjaError('MemoryError', `Output length exceeds ${this.#limits.characters} characters`);
    }
    this.spend(length / 64);
  }

  /** Of a text that is put together piece by piece, each of which has been paid for. */
  check(length: number): void {
    if (length > this.#limits.characters) this.grow(length);
  }

  text(text: string): string {
    this.grow(text.length);
    return text;
  }

  nested<T>(run: () => T): T {
    this.#depth += 1;
    if (this.#depth > this.#limits.depth) {
      throw new JinjaError('RecursionError', 'maximum recursion depth exceeded');
    }
    const result = run();
    this.#depth -= 1;
    return result;
  }
}
