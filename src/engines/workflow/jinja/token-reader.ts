import type { JinjaError } from './jinja-error.ts';
import { syntaxError } from './jinja-error.ts';
import type { Token } from './tokenize.ts';

/** Levels of brackets and blocks; deeper ones would exhaust the stack of whoever walks through them. */
const MAX_DEPTH = 150;

const KINDS: Readonly<Record<string, string>> = {
  'end-output': 'end of print statement',
  'end-block': 'end of statement block',
};

/** Walks over tokens, for the parsers. */
export class TokenReader {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get current(): Token {
    return this.#tokens[this.#at] as Token;
  }

  get line(): number {
    return this.current.line;
  }

  next(): Token {
    const token = this.current;
    if (token.kind !== 'end') this.#at += 1;
    return token;
  }

  is(kind: Token['kind'], text?: string): boolean {
    const { current } = this;
    return current.kind === kind && (text === undefined || current.text === text);
  }

  isName(...names: readonly string[]): boolean {
    return this.current.kind === 'name' && names.includes(this.current.text);
  }

  /** Whether the token after this one is so. */
  isFollowedByName(name: string): boolean {
    const following = this.#tokens[this.#at + 1];
    return following?.kind === 'name' && following.text === name;
  }

  take(kind: Token['kind'], text?: string): Token | null {
    return this.is(kind, text) ? this.next() : null;
  }

  expect(kind: Token['kind'], text?: string): Token {
    return (
      this.take(kind, text) ??
      this.fail(`expected token '${text ?? KINDS[kind] ?? kind}', got ${this.#shown()}`)
    );
  }

  fail(message: string): never {
    throw this.error(message);
  }

  error(message: string): JinjaError {
    return syntaxError(message, this.line);
  }

  /** @throws when it goes too deep */
  nested<T>(read: () => T): T {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) this.fail('too many statically nested blocks');
    const result = read();
    this.#depth -= 1;
    return result;
  }

  #shown(): string {
    const { kind, text } = this.current;
    return kind === 'end' ? 'end of template' : `'${text || kind}'`;
  }
}
