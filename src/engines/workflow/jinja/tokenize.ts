import { syntaxError } from './jinja-error.ts';

export interface Token {
  readonly kind:
    | 'text'
    | 'output'
    | 'end-output'
    | 'block'
    | 'end-block'
    | 'name'
    | 'string'
    | 'number'
    | 'operator'
    | 'end';
  /** Of a string its characters, without quotes and escapes. */
  readonly text: string;
  readonly line: number;
}

const TAG = /\{\{[-+]?|\{%[-+]?|\{#[-+]?/g;
const RAW = /\{%([-+]?)\s*raw\s*(-?)%\}/y;
const END_RAW = /\{%(-?)[+]?\s*endraw\s*([-+]?)%\}/g;
const SPACE = /\s+/y;
const NAME = /[\p{L}_][\p{L}\p{Nd}\p{Mn}\p{Mc}_]*/uy;
const NUMBER =
  /0[xX](?:_?[\da-fA-F])+|0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|\d(?:_?\d)*(?:\.\d(?:_?\d)*)?(?:[eE][-+]?\d(?:_?\d)*)?/y;
const STRING = /'[^'\\]*(?:\\[\s\S][^'\\]*)*'|"[^"\\]*(?:\\[\s\S][^"\\]*)*"/y;
const OPERATOR = /\/\/|\*\*|==|!=|<=|>=|[-+*/%~<>=()[\]{}.,:|;]/y;
/** As Jinja2 speaks of them. */
const NAMES: Readonly<Record<string, string>> = {
  '}}': 'end of print statement',
  '%}': 'end of statement block',
};
const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/**
 * A template as tokens, as Jinja2's default environment reads it: one newline at the end of the template is dropped, `-`
 * beside a tag takes the white space there. Time grows with the length only.
 */
export function tokenize(source: string): Token[] {
  const template = source.replace(/\r\n?/g, '\n').replace(/\n$/, '');
  const tokens: Token[] = [];
  let line = 1;
  let at = 0;
  let trimNext = false;
  while (at < template.length) {
    TAG.lastIndex = at;
    const tag = TAG.exec(template);
    const end = tag?.index ?? template.length;
    pushText(template.slice(at, end), tag?.[0].endsWith('-') === true);
    if (tag === null) break;
    RAW.lastIndex = end;
    const raw = RAW.exec(template);
    if (raw !== null) at = readRaw(raw);
    else if (tag[0].startsWith('{#')) at = readComment(end);
    else at = readTag(end + tag[0].length, tag[0][1] === '{' ? 'output' : 'block');
  }
  tokens.push({ kind: 'end', text: '', line });
  return tokens;

  function pushText(text: string, trimEnd: boolean): void {
    let kept = trimNext ? text.trimStart() : text;
    if (trimEnd) kept = kept.trimEnd();
    trimNext = false;
    if (kept !== '') tokens.push({ kind: 'text', text: kept, line });
    advance(text);
  }

  function advance(text: string): void {
    for (let found = text.indexOf('\n'); found !== -1; found = text.indexOf('\n', found + 1)) line += 1;
  }

  function readRaw(open: RegExpExecArray): number {
    const start = open.index + open[0].length;
    END_RAW.lastIndex = start;
    const close = END_RAW.exec(template);
    if (close === null) throw syntaxError('Missing end of raw directive', line);
    trimNext = open[2] === '-';
    pushText(template.slice(start, close.index), close[1] === '-');
    trimNext = close[2] === '-';
    return close.index + close[0].length;
  }

  function readComment(start: number): number {
    const close = template.indexOf('#}', start + 2);
    if (close === -1) throw syntaxError('Missing end of comment tag', line);
    advance(template.slice(start, close));
    trimNext = template[close - 1] === '-';
    return close + 2;
  }

  function readTag(start: number, kind: 'output' | 'block'): number {
    tokens.push({ kind, text: '', line });
    const close = kind === 'output' ? '}}' : '%}';
    const open: string[] = [];
    for (let from = start; ; ) {
      from += match(SPACE, from)?.length ?? 0;
      if (from >= template.length) {
        throw syntaxError(`unexpected end of template, expected '${NAMES[close]}'.`, line);
      }
      // A brace that closes a dict is no end of the tag.
      if (open.length === 0) {
        const mark = /[-+]/.test(template[from] as string) && template.startsWith(close, from + 1) ? 1 : 0;
        if (template.startsWith(close, from + mark)) {
          trimNext = mark === 1 && template[from] === '-';
          tokens.push({
            kind: kind === 'output' ? 'end-output' : 'end-block',
            text: NAMES[close] as string,
            line,
          });
          return from + mark + 2;
        }
      }
      from = readToken(from, open);
    }
  }

  function readToken(from: number, open: string[]): number {
    const name = match(NAME, from);
    if (name !== null) return push('name', name, name);
    const number = match(NUMBER, from);
    if (number !== null) return push('number', number, number);
    const string = match(STRING, from);
    if (string !== null) return push('string', string, withoutEscapes(string.slice(1, -1)));
    const operator = match(OPERATOR, from);
    if (operator === null)
      throw syntaxError(`unexpected char ${JSON.stringify(template[from])} at ${from}`, line);
    const closing = CLOSING[operator];
    if (closing !== undefined) open.push(closing);
    else if (')]}'.includes(operator) && open.pop() !== operator) {
      throw syntaxError(`unexpected '${operator}'`, line);
    }
    return push('operator', operator, operator);

    function push(kind: Token['kind'], written: string, text: string): number {
      tokens.push({ kind, text, line });
      advance(written);
      return from + written.length;
    }
  }

  function match(pattern: RegExp, from: number): string | null {
    pattern.lastIndex = from;
    return pattern.exec(template)?.[0] ?? null;
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  ...{ n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', v: '\v', a: '\x07', '\n': '' },
  ...{ '\\': '\\', "'": "'", '"': '"' },
};

/** As Python reads escapes; unknown ones stay as they are. */
function withoutEscapes(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(
    /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{1,3})|([\s\S]))/g,
    (whole, x: string, u: string, long: string, octal: string, plain: string) => {
      const hex = x ?? u ?? long;
      if (hex !== undefined) {
        const code = Number.parseInt(hex, 16);
        return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
      }
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
      return ESCAPES[plain] ?? whole;
    },
  );
}
