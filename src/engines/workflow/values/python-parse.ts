import { pythonRepr, pythonType } from './python-text.ts';
import type { Value } from './value.ts';

const DIGITS = '\\d+(?:_\\d+)*';
const INTEGER = new RegExp(`^[-+]?${DIGITS}$`);
const FLOAT = new RegExp(`^[-+]?(?:${DIGITS}(?:\\.(?:${DIGITS})?)?|\\.${DIGITS})(?:[eE][-+]?${DIGITS})?$`);
const NAMED: Readonly<Record<string, number>> = { inf: Infinity, infinity: Infinity, nan: NaN };

/** Python's `int()`. @throws Error in Python's words */
export function pythonInt(value: Value): number {
  if (typeof value === 'number') return Math.trunc(value);
  if (typeof value === 'boolean') return Number(value);
  if (typeof value !== 'string') throw new TypeError(notANumber('int', value));
  const text = value.trim();
  if (!INTEGER.test(text)) {
    throw new TypeError(`invalid literal for int() with base 10: ${pythonRepr(value)}`);
  }
  return Number(text.replaceAll('_', ''));
}

/** Python's `float()`. @throws Error in Python's words */
export function pythonFloatOf(value: Value): number {
  if (typeof value === 'number' || typeof value === 'boolean') return Number(value);
  if (typeof value !== 'string') throw new TypeError(notANumber('float', value));
  const text = value.trim();
  if (FLOAT.test(text)) return Number(text.replaceAll('_', ''));
  const [, sign = '', name = ''] = /^([-+]?)([a-z]+)$/i.exec(text) ?? [];
  const named = NAMED[name.toLowerCase()];
  if (named === undefined) throw new TypeError(`could not convert string to float: ${pythonRepr(value)}`);
  return sign === '-' ? -named : named;
}

function notANumber(type: string, value: Value): string {
  const takes =
    type === 'int' ? 'a string, a bytes-like object or a real number' : 'a string or a real number';
  return `${type}() argument must be ${takes}, not '${pythonType(value)}'`;
}
