import { BoundedText } from '../bounded-text.ts';
import { EXTRACT_LIMITS } from '../extract-limits.ts';
import { unreadable } from '../extraction-error.ts';

/**
 * JSON with one value to a line, indented by two. Numbers stay as they are written, and keys where they stand: a tree of
 * JavaScript's values would round the ones and sort the others.
 *
 * @throws SyntaxError, ExtractionError
 */
export function readJson(source: string): string {
  JSON.parse(source);
  const text = new BoundedText();
  let depth = 0;
  for (let at = 0; at < source.length; ) {
    const char = source[at] as string;
    switch (char) {
      case ' ':
      case '\t':
      case '\n':
      case '\r':
        at++;
        break;
      case '{':
      case '[': {
        const next = afterSpace(source, at + 1);
        if (source[next] === '}' || source[next] === ']') {
          text.add(char === '{' ? '{}' : '[]');
          at = next + 1;
          break;
        }
        depth++;
        if (depth > EXTRACT_LIMITS.depth) throw unreadable('values lie too deep in one another');
        text.add(char + newLine(depth));
        at++;
        break;
      }
      case '}':
      case ']':
        depth--;
        text.add(newLine(depth) + char);
        at++;
        break;
      case ',':
        text.add(char + newLine(depth));
        at++;
        break;
      case ':':
        text.add(': ');
        at++;
        break;
      default: {
        const end = char === '"' ? endOfString(source, at) : endOfWord(source, at);
        const word = source.slice(at, end);
        // Escapes that need not be become characters.
        text.add(char === '"' && word.includes('\\') ? JSON.stringify(JSON.parse(word)) : word);
        at = end;
      }
    }
  }
  return text.toString();
}

function newLine(depth: number): string {
  return `\n${'  '.repeat(depth)}`;
}

function afterSpace(source: string, from: number): number {
  let at = from;
  while (' \t\n\r'.includes(source[at] ?? '!')) at++;
  return at;
}

function endOfString(source: string, from: number): number {
  let at = from + 1;
  while (source[at] !== '"') at += source[at] === '\\' ? 2 : 1;
  return at + 1;
}

function endOfWord(source: string, from: number): number {
  let at = from;
  while (at < source.length && !' \t\n\r,]}'.includes(source[at] as string)) at++;
  return at;
}
