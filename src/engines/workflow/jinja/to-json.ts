import { pythonFloat, pythonInteger } from '../values/python-float.ts';
import { payForPart } from './budget.ts';
import { typeError } from './jinja-error.ts';
import { strOf, typeName } from './jinja-text.ts';
import { Float, type JinjaValue, Tuple } from './jinja-value.ts';

const HTML = /[<>&']/g;

/** Jinja2's `tojson`: sorted keys, ASCII only, and what HTML could misread as escapes. @throws JinjaError */
export function toJson(value: JinjaValue, indent: number): string {
  return write(value, Math.min(Math.max(0, indent), 100), '\n').replace(HTML, (character) =>
    escapeOf(character),
  );
}

function write(value: JinjaValue, indent: number, line: string): string {
  payForPart(typeof value === 'string' ? value.length : 0);
  if (value === null) return 'null';
  switch (typeof value) {
    case 'string':
      return textOf(value);
    case 'boolean':
      return String(value);
    case 'number':
      return Number.isInteger(value) ? pythonInteger(value) : pythonFloat(value);
    default:
  }
  if (value instanceof Float) return pythonFloat(value.value);
  const inner = line + ' '.repeat(indent);
  if (Array.isArray(value) || value instanceof Tuple) {
    const items = Array.isArray(value) ? value : value.items;
    return wrap(
      '[',
      items.map((item) => write(item, indent, inner)),
      ']',
    );
  }
  if (!(value instanceof Map)) throw typeError(`Object of type ${typeName(value)} is not JSON serializable`);
  const entries = [...value].map(([key, item]) => [keyText(key), item] as const);
  entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return wrap(
    '{',
    entries.map(([key, item]) => `${textOf(key)}: ${write(item, indent, inner)}`),
    '}',
  );

  function wrap(open: string, parts: readonly string[], close: string): string {
    if (parts.length === 0) return open + close;
    return indent === 0
      ? open + parts.join(', ') + close
      : open + inner + parts.join(`,${inner}`) + line + close;
  }
}

function keyText(key: JinjaValue): string {
  return typeof key === 'boolean' || key === null ? write(key, 0, '') : strOf(key);
}

function textOf(text: string): string {
  return JSON.stringify(text).replace(/[\u007f-\uffff]/g, (character) => escapeOf(character));
}

function escapeOf(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
