/** Lists and objects within each other. */
const MAX_DEPTH = 500;

const WORDS: Readonly<Record<string, unknown>> = {
  ...{ true: true, True: true, TRUE: true, false: false, False: false, FALSE: false },
  ...{ null: null, None: null, Null: null, NULL: null, undefined: null, NaN: null, '': null },
};
const ESCAPED: Readonly<Record<string, string>> = {
  ...{ '"': '"', "'": "'", '\\': '\\', '/': '/', '\n': '\n' },
  ...{ b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' },
};
/** By what opens them. */
const QUOTES: Readonly<Record<string, string>> = { '"': '"', "'": "'", '“': '”', '‘': '’' };

const NUMBER = /^[-+]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?$/;
const AFTER_NAME = /\s*(?::|$)/y;
const AFTER_ITEM = /\s*(?:[,\]}]|$)/y;
/** What is to be an entry's end, not a comma of its text, has another entry behind it. */
const AFTER_ENTRY = /\s*(?:[}\]]|$|,\s*(?:["'“‘}\],]|$|\/[/*]|#\s|[\p{L}\p{N}_$.-]{1,64}\s*:))/uy;
/** The comma has been forgotten. */
const NEXT_ENTRY = /\s+["'“‘][^"'“”‘’\\\n]{1,64}["'”’]\s*:/y;

type Place = 'name' | 'item' | 'entry';
const BROKEN = Symbol('broken');

/**
 * Reads JSON as people write it. It goes through the text once: what it looks ahead for is spaces, each of which is looked
 * at a few times at most, or a name of bounded length.
 */
export class LooseReader {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The list or object that the whole text is; undefined: it is none. */
  whole(): { readonly value: unknown } | undefined {
    this.#skip();
    const value = this.#value('item');
    this.#skip();
    return value === BROKEN || this.#at < this.#text.length ? undefined : { value };
  }

  #value(place: 'item' | 'entry'): unknown {
    const character = this.#text[this.#at];
    if (character === '{' || character === '[') {
      if (this.#depth >= MAX_DEPTH) return BROKEN;
      this.#depth += 1;
      this.#at += 1;
      const value = character === '{' ? this.#object() : this.#list();
      this.#depth -= 1;
      return value;
    }
    if (character !== undefined && QUOTES[character] !== undefined) return this.#string(place);
    const word = this.#word(false);
    if (Object.hasOwn(WORDS, word)) return WORDS[word];
    const number = NUMBER.test(word) ? Number(word) : Number.NaN;
    return Number.isFinite(number) ? number : word;
  }

  #list(): unknown {
    const items: unknown[] = [];
    for (;;) {
      this.#skip(',');
      if (this.#closes(']')) return items;
      const value = this.#value('item');
      if (value === BROKEN) return BROKEN;
      items.push(value);
    }
  }

  #object(): unknown {
    const entries: [string, unknown][] = [];
    for (;;) {
      this.#skip(',');
      if (this.#closes('}')) return Object.fromEntries(entries);
      const quoted = QUOTES[this.#text[this.#at] as string] !== undefined;
      const name = quoted ? this.#string('name') : this.#word(true);
      this.#skip();
      if ((name === '' && !quoted) || this.#text[this.#at] !== ':') return BROKEN;
      this.#at += 1;
      this.#skip();
      const value = this.#value('entry');
      if (value === BROKEN) return BROKEN;
      entries.push([name, value]);
    }
  }

  /** Also by the end of the text, or by a bracket that closes what is around it and is left to that. */
  #closes(bracket: string): boolean {
    const character = this.#text[this.#at];
    if (character !== undefined && character !== ']' && character !== '}') return false;
    if (character === bracket) this.#at += 1;
    return true;
  }

  /** Spaces, comments, and `more`. */
  #skip(more = ' '): void {
    const text = this.#text;
    for (; this.#at < text.length; this.#at += 1) {
      const character = text[this.#at] as string;
      if (character === more || /\s/.test(character)) continue;
      const end = this.#isComment(this.#at) ? (text.startsWith('/*', this.#at) ? '*/' : '\n') : null;
      if (end === null) return;
      const found = text.indexOf(end, this.#at + 1);
      this.#at = found === -1 ? text.length : found + end.length - 1;
    }
  }

  #isComment(at: number): boolean {
    const character = this.#text[at];
    return character === '#' || (character === '/' && /[/*]/.test(this.#text[at + 1] ?? ''));
  }

  /** Without quotes: up to what cannot be part of it. */
  #word(isName: boolean): string {
    const text = this.#text;
    const from = this.#at;
    for (; this.#at < text.length; this.#at += 1) {
      const character = text[this.#at] as string;
      if (',]}\n'.includes(character) || (isName && ':{["'.includes(character))) break;
      if (this.#isComment(this.#at) && /\s/.test(text[this.#at - 1] ?? ' ')) break;
    }
    return text.slice(from, this.#at).trim();
  }

  /** A quote ends its string only where something of JSON follows it. */
  #string(place: Place): string {
    const text = this.#text;
    const quote = QUOTES[text[this.#at] as string] as string;
    let read = '';
    this.#at += 1;
    let from = this.#at;
    for (; this.#at < text.length; this.#at += 1) {
      const character = text[this.#at] as string;
      if (character === quote && this.#endsAt(this.#at + 1, place)) break;
      if (character !== '\\') continue;
      read += text.slice(from, this.#at) + this.#escape();
      from = this.#at + 1;
    }
    read += text.slice(from, this.#at);
    this.#at += 1;
    return read;
  }

  #endsAt(at: number, place: Place): boolean {
    const follows = (pattern: RegExp): boolean => {
      pattern.lastIndex = at;
      return pattern.test(this.#text);
    };
    if (place === 'name') return follows(AFTER_NAME);
    if (place === 'item') return follows(AFTER_ITEM);
    return follows(AFTER_ENTRY) || follows(NEXT_ENTRY);
  }

  /** What a backslash begins, up to the last character of it. One that begins nothing stands for itself. */
  #escape(): string {
    const next = this.#text[this.#at + 1];
    const code = /^u[\da-fA-F]{4}$/.test(this.#text.slice(this.#at + 1, this.#at + 6));
    if (next === 'u' && code) {
      this.#at += 5;
      return String.fromCharCode(Number.parseInt(this.#text.slice(this.#at - 3, this.#at + 1), 16));
    }
    const meant = next === undefined ? undefined : ESCAPED[next];
    if (meant === undefined) return '\\';
    this.#at += 1;
    return meant;
  }
}
