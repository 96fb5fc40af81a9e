import type { Comparison, Operator } from './ast.ts';
import { type Budget, payForComparison } from './budget.ts';
import { formatPercent } from './format-percent.ts';
import { JinjaError, typeError } from './jinja-error.ts';
import { defined, strOf, typeName } from './jinja-text.ts';
import { Float, float, isFloat, type JinjaValue, numberOf, Tuple, Undefined } from './jinja-value.ts';

/** `a + b` and the like, as Python does it. */
export function operate(
  operator: Exclude<Operator, 'and' | 'or'>,
  a: JinjaValue,
  b: JinjaValue,
  budget: Budget,
): JinjaValue {
  if (operator === '~') return budget.text(strOf(a) + strOf(b));
  defined(a);
  defined(b);
  const [left, right] = [numberOf(a), numberOf(b)];
  if (left !== null && right !== null) return calculate(operator, left, right, isFloat(a) || isFloat(b));
  if (operator === '+') {
    if (typeof a === 'string' && typeof b === 'string') return budget.text(a + b);
    if (Array.isArray(a) && Array.isArray(b)) return grown(a.concat(b), budget);
    if (a instanceof Tuple && b instanceof Tuple) return new Tuple(grown(a.items.concat(b.items), budget));
  }
  if (operator === '*') {
    if (left !== null) return repeat(b, left, budget) ?? unsupported(operator, a, b);
    if (right !== null) return repeat(a, right, budget) ?? unsupported(operator, a, b);
  }
  if (operator === '%' && typeof a === 'string') {
    return budget.text(formatPercent(a, b instanceof Tuple ? b.items : [b], b));
  }
  return unsupported(operator, a, b);
}

function calculate(operator: Operator, a: number, b: number, floats: boolean): JinjaValue {
  const made = (value: number): JinjaValue => (floats ? float(value) : value);
  switch (operator) {
    case '+':
      return made(a + b);
    case '-':
      return made(a - b);
    case '*':
      return made(a * b);
    case '/':
      if (b === 0) throw new JinjaError('ZeroDivisionError', 'division by zero');
      return float(a / b);
    case '//':
      if (b === 0) throw new JinjaError('ZeroDivisionError', 'integer division or modulo by zero');
      return made(Math.floor(a / b));
    case '%':
      if (b === 0) throw new JinjaError('ZeroDivisionError', 'integer modulo by zero');
      return made(a - b * Math.floor(a / b));
    default: {
      const power = a ** b;
      if (!Number.isFinite(power)) throw new JinjaError('OverflowError', 'the result is too large');
      return floats || b < 0 ? float(power) : power;
    }
  }
}

function repeat(value: JinjaValue, times: number, budget: Budget): JinjaValue | null {
  const count = Math.max(0, times);
  if (!Number.isInteger(count)) return null;
  const length = typeof value === 'string' ? value.length : (itemsOf(value)?.length ?? 0);
  budget.grow(length * count);
  if (typeof value === 'string') return value.repeat(count);
  const items = itemsOf(value);
  if (items === null) return null;
  const all = Array.from({ length: count }, () => items).flat() as JinjaValue[];
  return Array.isArray(value) ? all : new Tuple(all);
}

function grown(items: JinjaValue[], budget: Budget): JinjaValue[] {
  budget.grow(items.length);
  budget.spend(items.length / 16);
  return items;
}

function itemsOf(value: JinjaValue): JinjaValue[] | null {
  if (Array.isArray(value)) return value;
  return value instanceof Tuple ? value.items : null;
}

function unsupported(operator: string, a: JinjaValue, b: JinjaValue): never {
  if (operator === '+' && typeof a === 'string') {
    throw typeError(`can only concatenate str (not "${typeName(b)}") to str`);
  }
  throw typeError(`unsupported operand type(s) for ${operator}: '${typeName(a)}' and '${typeName(b)}'`);
}

export function comparesAs(operator: Comparison, a: JinjaValue, b: JinjaValue, budget: Budget): boolean {
  switch (operator) {
    case '==':
      return equals(a, b);
    case '!=':
      return !equals(a, b);
    case '<':
      return order(a, b, operator) < 0;
    case '<=':
      return order(a, b, operator) <= 0;
    case '>':
      return order(a, b, operator) > 0;
    case '>=':
      return order(a, b, operator) >= 0;
    case 'in':
      return holds(b, a, budget);
    case 'not in':
      return !holds(b, a, budget);
  }
}

/** Python's `==`. Each part that is compared is paid for, whether it is the same or not. */
export function equals(a: JinjaValue, b: JinjaValue): boolean {
  const texts = typeof a === 'string' && typeof b === 'string';
  payForComparison(texts && a.length === b.length ? a.length : 0);
  if (a === b) return true;
  if (texts) return false;
  const [left, right] = [numberOf(a), numberOf(b)];
  if (left !== null || right !== null) return left === right;
  if (Array.isArray(a)) return Array.isArray(b) && sameItems(a, b);
  if (a instanceof Tuple) return b instanceof Tuple && sameItems(a.items, b.items);
  if (a instanceof Undefined) return b instanceof Undefined;
  if (!(a instanceof Map) || !(b instanceof Map) || a.size !== b.size) return false;
  for (const [key, value] of a) if (!b.has(key) || !equals(value, b.get(key) as JinjaValue)) return false;
  return true;
}

function sameItems(a: readonly JinjaValue[], b: readonly JinjaValue[]): boolean {
  return a.length === b.length && a.every((item, at) => equals(item, b[at] as JinjaValue));
}

/** Below zero: `a` comes first. Paid for as `equals` is. @throws JinjaError for values that have no order */
export function order(a: JinjaValue, b: JinjaValue, operator = '<'): number {
  defined(a);
  defined(b);
  payForComparison();
  const [left, right] = [numberOf(a), numberOf(b)];
  if (left !== null && right !== null) return left - right;
  if (typeof a === 'string' && typeof b === 'string') return orderOfTexts(a, b);
  const [these, those] = [itemsOf(a), itemsOf(b)];
  if (these !== null && those !== null && Array.isArray(a) === Array.isArray(b)) {
    for (let at = 0; at < Math.min(these.length, those.length); at += 1) {
      const [x, y] = [these[at] as JinjaValue, those[at] as JinjaValue];
      if (!equals(x, y)) return order(x, y, operator);
    }
    return these.length - those.length;
  }
  throw typeError(`'${operator}' not supported between instances of '${typeName(a)}' and '${typeName(b)}'`);
}

/** By code points, where JavaScript goes by UTF-16 units. */
function orderOfTexts(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  let at = 0;
  while (at < length && a.charCodeAt(at) === b.charCodeAt(at)) at += 1;
  payForComparison(at * 8);
  return at === length ? a.length - b.length : rankOf(a.charCodeAt(at)) - rankOf(b.charCodeAt(at));
}

/** Halves of pairs come after all that needs no pair. */
function rankOf(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

function holds(container: JinjaValue, item: JinjaValue, budget: Budget): boolean {
  if (typeof container === 'string') {
    if (typeof item !== 'string') {
      throw typeError(`'in <string>' requires string as left operand, not ${typeName(item)}`);
    }
    budget.spend(container.length / 64);
    return container.includes(item);
  }
  if (container instanceof Map) return container.has(keyOf(item));
  if (container instanceof Undefined) return false;
  const items = itemsOf(container);
  if (items === null) throw typeError(`argument of type '${typeName(container)}' is not iterable`);
  return items.some((one) => equals(one, item));
}

/** As a dict looks it up: `1.0` and `True` are the key `1`. */
export function keyOf(key: JinjaValue): JinjaValue {
  if (key instanceof Float) return key.value;
  return typeof key === 'boolean' ? Number(key) : key;
}
