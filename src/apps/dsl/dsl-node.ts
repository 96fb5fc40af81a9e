import { isRecord } from '../../config/is-record.ts';
import type { YamlPath } from '../../config/yaml-source.ts';
import type { DslProblem } from './dsl-error.ts';
import type { DslDocument } from './read-dsl.ts';

/**
 * A place in a DSL document and what stands there. Reading never throws: a value of the wrong type is noted as a
 * problem with its line, and the fallback is read instead, so that one pass finds every problem of a file. `null` and
 * absent are the same, as in Dify, which stores absent settings as null.
 *
 * @example DslNode.root(document, problems).get('model_config').get('model').get('name').text()
 */
export class DslNode {
  readonly value: unknown;
  readonly path: YamlPath;
  readonly #document: DslDocument;
  readonly #problems: DslProblem[];

  private constructor(document: DslDocument, problems: DslProblem[], path: YamlPath, value: unknown) {
    this.#document = document;
    this.#problems = problems;
    this.path = path;
    this.value = value ?? undefined;
  }

  /** Problems that are found below it are added to `problems`. */
  static root(document: DslDocument, problems: DslProblem[]): DslNode {
    return new DslNode(document, problems, [], document.root);
  }

  get line(): number {
    return this.#document.lineOf(this.path);
  }

  get isAbsent(): boolean {
    return this.value === undefined;
  }

  problem(reason: string): void {
    this.#problems.push({ line: this.line, reason });
  }

  get(key: string): DslNode {
    const child = isRecord(this.value) && Object.hasOwn(this.value, key) ? this.value[key] : undefined;
    return new DslNode(this.#document, this.#problems, [...this.path, key], child);
  }

  /** Empty for an absent mapping; a problem for anything else that is none. */
  mapping(): Readonly<Record<string, unknown>> {
    if (isRecord(this.value)) return this.value;
    return this.#fallback({}, 'a mapping');
  }

  items(): readonly DslNode[] {
    if (!Array.isArray(this.value)) return this.#fallback([], 'a list');
    return this.value.map(
      (item, index) => new DslNode(this.#document, this.#problems, [...this.path, index], item),
    );
  }

  text(fallback = ''): string {
    return typeof this.value === 'string' ? this.value : this.#fallback(fallback, 'a string');
  }

  /** A string, or a number or boolean that somebody forgot to quote. */
  word(fallback = ''): string {
    return typeof this.value === 'number' || typeof this.value === 'boolean'
      ? String(this.value)
      : this.text(fallback);
  }

  boolean(fallback = false): boolean {
    return typeof this.value === 'boolean' ? this.value : this.#fallback(fallback, 'true or false');
  }

  /** A whole number that is not negative, also as digits in a string. */
  count<T>(fallback: T): number | T {
    const number =
      typeof this.value === 'string' && /^\d+$/.test(this.value) ? Number(this.value) : this.value;
    if (Number.isSafeInteger(number) && (number as number) >= 0) return number as number;
    return this.value === '' ? fallback : this.#fallback(fallback, 'a whole number');
  }

  /** One of `values`; the fallback for anything else, with a problem unless it is absent or empty. */
  oneOf<const T extends string>(values: readonly T[], fallback: T): T {
    const found = values.find((known) => known === this.value);
    if (found !== undefined) return found;
    return this.value === '' ? fallback : this.#fallback(fallback, `one of ${values.join(', ')}`);
  }

  #fallback<T>(fallback: T, expected: string): T {
    if (!this.isAbsent) this.problem(`${this.#name()}: expected ${expected}`);
    return fallback;
  }

  /** `model_config.model.name`, `model_config.user_input_form[0]`. */
  #name(): string {
    return this.path
      .map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`))
      .join('')
      .replace(/^\./, '');
  }
}
