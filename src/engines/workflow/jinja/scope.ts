import type { JinjaValue } from './jinja-value.ts';

/** Names and what they stand for. What a loop or macro sets is gone after it. */
export class Scope {
  readonly #outer: Scope | null;
  readonly #values = new Map<string, JinjaValue>();

  constructor(outer: Scope | null) {
    this.#outer = outer;
  }

  get(name: string): JinjaValue | undefined {
    for (let scope: Scope | null = this; scope !== null; scope = scope.#outer) {
      const value = scope.#values.get(name);
      if (value !== undefined) return value;
    }
    return undefined;
  }

  set(name: string, value: JinjaValue): void {
    this.#values.set(name, value);
  }
}
