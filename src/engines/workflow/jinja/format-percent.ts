import { pythonFloatOf } from '../values/python-parse.ts';
import { JinjaError, typeError } from './jinja-error.ts';
import { charactersOf, reprOf, strOf, typeName } from './jinja-text.ts';
import { type JinjaValue, numberOf } from './jinja-value.ts';
import { toFixed } from './to-fixed.ts';

const DIRECTIVE = /%(?:\((\w*)\))?([-+ #0]*)(\d{0,4})(?:\.(\d{0,4}))?([a-zA-Z%])/g;

/** Python's `'%s' % values`. @throws JinjaError */
export function formatPercent(format: string, values: readonly JinjaValue[], mapping: JinjaValue): string {
  let next = 0;
  const text = format.replace(
    DIRECTIVE,
    (
      _,
      name: string | undefined,
      flags: string,
      width: string,
      precision: string | undefined,
      type: string,
    ) => {
      if (type === '%') return '%';
      let value: JinjaValue | undefined;
      if (name !== undefined) {
        value = mapping instanceof Map ? mapping.get(name) : undefined;
        if (value === undefined) throw new JinjaError('KeyError', `'${name}'`);
      } else {
        value = values[next];
        next += 1;
        if (value === undefined) throw typeError('not enough arguments for format string');
      }
      return padded(shown(value, type, flags, precision), flags, Number(width || 0), type);
    },
  );
  if (next > 0 && next < values.length)
    throw typeError('not all arguments converted during string formatting');
  return text;
}

function shown(value: JinjaValue, type: string, flags: string, precision: string | undefined): string {
  switch (type) {
    case 's':
    case 'r': {
      const text = type === 's' ? strOf(value) : reprOf(value);
      return precision === undefined ? text : charactersOf(text).slice(0, Number(precision)).join('');
    }
    case 'd':
    case 'i':
    case 'u':
      return signed(Math.trunc(numeric(value, type)), flags, (size) => size.toFixed(0));
    case 'x':
    case 'X':
    case 'o': {
      const text = signed(Math.trunc(numeric(value, type)), flags, (size) =>
        size.toString(type === 'o' ? 8 : 16),
      );
      return type === 'X' ? text.toUpperCase() : text;
    }
    case 'f':
    case 'F':
      return signed(numeric(value, type), flags, (size) =>
        toFixed(size, Math.min(100, Number(precision ?? 6))),
      );
    case 'e':
    case 'E':
    case 'g':
    case 'G': {
      const digits = Math.min(100, Number(precision ?? 6));
      const text = signed(numeric(value, type), flags, (size) =>
        /e/i.test(type) ? exponent(size.toExponential(digits)) : general(size, digits),
      );
      return type === 'E' || type === 'G' ? text.toUpperCase() : text;
    }
    case 'c':
      return typeof value === 'number' ? String.fromCodePoint(value) : strOf(value);
    default:
      throw new JinjaError('ValueError', `unsupported format character '${type}'`);
  }
}

function numeric(value: JinjaValue, type: string): number {
  const number = numberOf(value);
  if (number !== null) return number;
  if (type === 'f' || type === 'F') throw typeError(`must be real number, not ${typeName(value)}`);
  throw typeError(`%${type} format: a real number is required, not ${typeName(value)}`);
}

function signed(value: number, flags: string, write: (size: number) => string): string {
  const sign =
    value < 0 || Object.is(value, -0) ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
  return sign + write(Math.abs(value));
}

function exponent(text: string): string {
  return text.replace(/e([-+])(\d)$/, 'e$10$2');
}

function general(value: number, digits: number): string {
  const precise = digits === 0 ? 1 : digits;
  const power = value === 0 ? 0 : Math.floor(Math.log10(value));
  const text =
    power < -4 || power >= precise
      ? exponent(value.toExponential(precise - 1).replace(/\.?0+e/, 'e'))
      : toFixed(value, Math.max(0, precise - 1 - power));
  return text.includes('.') && !text.includes('e') ? text.replace(/\.?0+$/, '') : text;
}

function padded(text: string, flags: string, width: number, type: string): string {
  if (text.length >= width) return text;
  if (flags.includes('-')) return text.padEnd(width);
  if (!flags.includes('0') || type === 's' || type === 'r') return text.padStart(width);
  const sign = /^[-+ ]/.exec(text)?.[0] ?? '';
  return sign + text.slice(sign.length).padStart(width - sign.length, '0');
}

/** Python's `float()` of a template's value. @throws JinjaError */
export function floatFrom(value: JinjaValue): number {
  const number = numberOf(value);
  if (number !== null) return number;
  if (typeof value !== 'string') {
    throw typeError(`float() argument must be a string or a real number, not '${typeName(value)}'`);
  }
  try {
    return pythonFloatOf(value);
  } catch (error) {
    throw new JinjaError('ValueError', (error as Error).message);
  }
}
