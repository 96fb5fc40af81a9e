import type { CallArguments } from './call-arguments.ts';
import { formatPercent } from './format-percent.ts';
import { JinjaError } from './jinja-error.ts';
import { lengthOf, reprOf, strOf } from './jinja-text.ts';
import { isFloat, type JinjaValue, numberOf } from './jinja-value.ts';

const FIELD = /\{\{|\}\}|\{(\w*)(?:!([rs]))?(?::([^{}]*))?\}/g;
const SPEC = /^(?:([\s\S])?([<>^=]))?([-+ ])?(#)?(0)?(\d{0,4})(,|_)?(?:\.(\d{1,3}))?([a-zA-Z%])?$/;

/** Python's `'{:.2f}'.format(value)`, without attributes and items of the values. @throws JinjaError */
export function formatBraces(format: string, args: CallArguments): string {
  let next = 0;
  return format.replace(
    FIELD,
    (whole, name: string | undefined, conversion: string | undefined, spec = '') => {
      if (whole === '{{') return '{';
      if (whole === '}}') return '}';
      const key = name === undefined || name === '' ? String(next++) : name;
      const value = /^\d+$/.test(key) ? args.positional[Number(key)] : args.named.get(key);
      if (value === undefined) {
        const [type, text] = /^\d+$/.test(key)
          ? ['IndexError', 'Replacement index out of range for positional args tuple']
          : ['KeyError', `'${key}'`];
        throw new JinjaError(type as string, text as string);
      }
      return formatted(conversion === 'r' ? reprOf(value) : value, spec);
    },
  );
}

function formatted(value: JinjaValue, spec: string): string {
  if (spec === '') return strOf(value);
  const parts = SPEC.exec(spec);
  if (parts === null) throw new JinjaError('ValueError', `Invalid format specifier '${spec}'`);
  const [, filler, align, sign = '', , zero, width = '', group, precision, type] = parts;
  const number = numberOf(value);
  let text = strOf(value);
  if (number !== null && typeof value !== 'boolean' && type !== 's') {
    text = numberText(number, { sign, group, precision, type: type ?? (isFloat(value) ? 'r' : 'd') });
  } else if (precision !== undefined) text = Array.from(text).slice(0, Number(precision)).join('');
  const room = Number(width || 0) - lengthOf(text);
  if (room <= 0) return text;
  const pad = (filler ?? (zero ? '0' : ' ')) as string;
  const side = align ?? (zero ? '=' : number === null ? '<' : '>');
  if (side === '<') return text + pad.repeat(room);
  if (side === '^') return pad.repeat(room >> 1) + text + pad.repeat(room - (room >> 1));
  const signs = side === '=' ? (/^[-+ ]/.exec(text)?.[0] ?? '') : '';
  return signs + pad.repeat(room) + text.slice(signs.length);
}

interface NumberFormat {
  readonly sign: string;
  readonly group: string | undefined;
  readonly precision: string | undefined;
  readonly type: string;
}

function numberText(value: number, { sign, group, precision, type }: NumberFormat): string {
  const flags = sign === '-' ? '' : sign;
  if (type === '%') return `${numberText(value * 100, { sign, group, precision, type: 'f' })}%`;
  if (type === 'b') return value.toString(2);
  const directive = type === 'r' ? (precision === undefined ? 's' : 'g') : type === 'n' ? 'd' : type;
  const given = precision === undefined ? '' : `.${precision}`;
  const text = formatPercent(`%${flags}${given}${directive}`, [value], null);
  const shown = type === 'r' && precision === undefined && !/[.e]/.test(text) ? `${text}.0` : text;
  return group === undefined
    ? shown
    : shown.replace(/\d+/, (digits) => digits.replace(/\B(?=(\d{3})+$)/g, group));
}
