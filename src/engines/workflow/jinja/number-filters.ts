import type { Filter } from './engine.ts';
import { floatFrom } from './format-percent.ts';
import { JinjaError, typeError } from './jinja-error.ts';
import { defined, typeName } from './jinja-text.ts';
import { float, isFloat, numberOf, orElse } from './jinja-value.ts';
import { toFixed } from './to-fixed.ts';

/** Jinja2's filters that make numbers. */
export const numberFilters: Readonly<Record<string, Filter>> = {
  abs(value) {
    const number = numberOf(defined(value));
    if (number === null) throw typeError(`bad operand type for abs(): '${typeName(value)}'`);
    return isFloat(value) ? float(Math.abs(number)) : Math.abs(number);
  },
  int(value, args, { budget }) {
    if (typeof value === 'string') budget.spend(value.length / 8);
    const otherwise = orElse(args.get(0, 'default'), () => 0);
    const base = args.integer(1, 'base', 10);
    const number = numberOf(value);
    if (number !== null) return Number.isFinite(number) ? Math.trunc(number) : otherwise;
    if (typeof value !== 'string') return otherwise;
    const text = value.trim().replaceAll('_', '');
    const digits = base === 10 ? text : text.replace(/^([-+]?)0[xXbBoO]/, '$1');
    const read = digitsOf(digits, base);
    if (read !== null) return read;
    try {
      const parsed = floatFrom(value);
      return Number.isFinite(parsed) ? Math.trunc(parsed) : otherwise;
    } catch {
      return otherwise;
    }
  },
  float(value, args, { budget }) {
    if (typeof value === 'string') budget.spend(value.length / 8);
    try {
      return float(floatFrom(value));
    } catch (error) {
      if (error instanceof JinjaError) return orElse(args.get(0, 'default'), () => float(0));
      throw error;
    }
  },
  round(value, args) {
    const precision = args.integer(0, 'precision', 0);
    const method = args.text(1, 'method', 'common');
    const number = numberOf(defined(value));
    if (number === null) throw typeError(`type ${typeName(value)} doesn't define __round__ method`);
    const scale = 10 ** precision;
    if (method === 'ceil') return float(Math.ceil(number * scale) / scale);
    if (method === 'floor') return float(Math.floor(number * scale) / scale);
    if (method !== 'common') {
      throw new JinjaError('jinja2.exceptions.FilterArgumentError', 'method must be common, ceil or floor');
    }
    const rounded = rounding(number, precision);
    return isFloat(value) ? float(rounded) : rounded;
  },
};

/** Python reads no longer integers. */
const MOST_DIGITS = 4300;

function digitsOf(text: string, base: number): number | null {
  const allowed = '0123456789abcdefghijklmnopqrstuvwxyz'.slice(0, base);
  const [, sign = '', digits = ''] = /^([-+]?)([\da-zA-Z]+)$/.exec(text) ?? [];
  if (
    digits === '' ||
    digits.length > MOST_DIGITS ||
    [...digits.toLowerCase()].some((digit) => !allowed.includes(digit))
  )
    return null;
  const number = Number.parseInt(digits, base);
  return sign === '-' ? -number : number;
}

/** As Python rounds: halves to the even side. */
function rounding(value: number, precision: number): number {
  if (!Number.isFinite(value)) return value;
  if (precision < 0 || precision > 100) {
    const scale = 10 ** precision;
    return Number.isFinite(scale) && scale > 0 ? rounding(value * scale, 0) / scale : value;
  }
  const size = Number(toFixed(Math.abs(value), precision));
  return value < 0 ? -size : size;
}
