import { pythonEquals } from '../values/python-equals.ts';
import { pythonFloatOf, pythonInt } from '../values/python-parse.ts';
import { pythonStr, pythonTruth } from '../values/python-text.ts';
import { typeOf } from '../values/type-of.ts';
import type { Value } from '../values/value.ts';
import type { Variable } from '../values/variable.ts';

/**
 * One comparison (`facts/dify-dsl-engine.md` §4.7). Null is neither equal to anything nor unequal; how a number is compared
 * goes by the variable's type.
 *
 * @throws TypeError for values that the operator does not take
 */
export function compare(operator: string, variable: Variable, expected: Value): boolean {
  const actual = variable.value;
  switch (operator) {
    case 'contains':
      return pythonTruth(actual) && contains(actual, expected);
    case 'not contains':
      return !pythonTruth(actual) || !contains(actual, expected);
    case 'start with':
      return pythonTruth(actual) && textOnly(actual).startsWith(affixOf(expected, 'startswith'));
    case 'end with':
      return pythonTruth(actual) && textOnly(actual).endsWith(affixOf(expected, 'endswith'));
    case 'is':
      return actual !== null && same(actual, expected);
    case 'is not':
      return actual !== null && !same(actual, expected);
    case 'empty':
      return !pythonTruth(actual);
    case 'not empty':
      return pythonTruth(actual);
    case '=':
      return actual !== null && equalNumbers(variable, expected);
    case '≠':
      return actual !== null && !equalNumbers(variable, expected);
    case '>':
    case '<':
    case '≥':
    case '≤':
      return actual !== null && inOrder(operator, actual, expected);
    case 'null':
    case 'not exists':
      return actual === null;
    case 'not null':
    case 'exists':
      return actual !== null;
    case 'in':
      return pythonTruth(actual) && listOnly(expected).some((item) => pythonEquals(item, actual));
    case 'not in':
      return !pythonTruth(actual) || !listOnly(expected).some((item) => pythonEquals(item, actual));
    case 'all of':
      return pythonTruth(actual) && listOnly(expected).every((item) => contains(actual, item));
    default:
      throw new TypeError(`Unsupported operator: ${operator}`);
  }
}

function contains(actual: Value, expected: Value): boolean {
  if (typeof actual === 'string') return actual.includes(pythonStr(expected));
  if (Array.isArray(actual)) return actual.some((item: Value) => pythonEquals(item, expected));
  throw new TypeError('Invalid actual value type: string or array');
}

function same(actual: Value, expected: Value): boolean {
  if (typeof actual !== 'string' && typeof actual !== 'boolean') {
    throw new TypeError('Invalid actual value type: string or boolean');
  }
  return pythonEquals(actual, expected);
}

function equalNumbers(variable: Variable, expected: Value): boolean {
  const actual = variable.value;
  if (typeof actual === 'boolean') return actual === pythonTruth(expected);
  if (typeof actual !== 'number') throw new TypeError('Invalid actual value type: number or boolean');
  return actual === (typeOf(variable) === 'float' ? pythonFloatOf(expected) : pythonInt(expected));
}

function inOrder(operator: '>' | '<' | '≥' | '≤', actual: Value, expected: Value): boolean {
  if (typeof actual !== 'number' && typeof actual !== 'boolean') {
    throw new TypeError('Invalid actual value type: number');
  }
  const left = Number(actual);
  const right = numberOf(expected);
  switch (operator) {
    case '>':
      return left > right;
    case '<':
      return left < right;
    case '≥':
      return left >= right;
    case '≤':
      return left <= right;
  }
}

function numberOf(expected: Value): number {
  try {
    return pythonFloatOf(expected);
  } catch (cause) {
    throw new TypeError(`Cannot convert '${pythonStr(expected)}' to number`, { cause });
  }
}

function textOnly(value: Value): string {
  if (typeof value !== 'string') throw new TypeError('Invalid actual value type: string');
  return value;
}

function affixOf(value: Value, method: string): string {
  if (typeof value !== 'string') throw new TypeError(`Expected value must be a string for ${method}`);
  return value;
}

function listOnly(value: Value): readonly Value[] {
  if (!Array.isArray(value)) throw new TypeError('Invalid expected value type: array');
  return value;
}
