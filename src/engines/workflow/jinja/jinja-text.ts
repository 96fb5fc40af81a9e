import { pythonRepr as reprOfStrings } from '../../../apps/python-repr.ts';
import { pythonFloat, pythonInteger } from '../values/python-float.ts';
import { payForPart } from './budget.ts';
import { undefinedError } from './jinja-error.ts';
import { Callable, Float, type JinjaValue, Namespace, Tuple, Undefined } from './jinja-value.ts';

/** As `{{ … }}` prints it. */
export function strOf(value: JinjaValue): string {
  return typeof value === 'string' ? value : value instanceof Undefined ? '' : reprOf(value);
}

/** Python's `repr()`. */
export function reprOf(value: JinjaValue): string {
  payForPart(typeof value === 'string' ? value.length : 0);
  switch (typeof value) {
    case 'string':
      return /^[ !#-&(-[\]-~]*$/.test(value) ? `'${value}'` : quoted(value);
    case 'boolean':
      return value ? 'True' : 'False';
    case 'number':
      return Number.isInteger(value) ? pythonInteger(value) : pythonFloat(value);
    default:
  }
  if (value === null) return 'None';
  if (value instanceof Float) return pythonFloat(value.value);
  if (Array.isArray(value)) return `[${value.map(reprOf).join(', ')}]`;
  if (value instanceof Map) {
    return `{${[...value].map(([key, item]) => `${reprOf(key)}: ${reprOf(item)}`).join(', ')}}`;
  }
  if (value instanceof Tuple) {
    const items = value.items.map(reprOf);
    return items.length === 1 ? `(${items[0]},)` : `(${items.join(', ')})`;
  }
  if (value instanceof Undefined) return 'Undefined';
  if (value instanceof Namespace) return '<Namespace>';
  return `<function ${value.name}>`;
}

function quoted(text: string): string {
  // Character by character.
  payForPart(text.length * 32);
  return reprOfStrings([text]).slice(1, -1);
}

/** The name of its Python type. */
export function typeName(value: JinjaValue): string {
  if (value === null) return 'NoneType';
  switch (typeof value) {
    case 'string':
      return 'str';
    case 'boolean':
      return 'bool';
    case 'number':
      return Number.isInteger(value) ? 'int' : 'float';
    default:
  }
  if (value instanceof Float) return 'float';
  if (Array.isArray(value)) return 'list';
  if (value instanceof Map) return 'dict';
  if (value instanceof Tuple) return 'tuple';
  if (value instanceof Callable) return 'function';
  return value instanceof Namespace ? 'Namespace' : 'Undefined';
}

export function truthOf(value: JinjaValue): boolean {
  if (typeof value !== 'object' || value === null) return Boolean(value);
  if (value instanceof Float) return value.value !== 0;
  if (Array.isArray(value)) return value.length > 0;
  if (value instanceof Map) return value.size > 0;
  if (value instanceof Tuple) return value.items.length > 0;
  return !(value instanceof Undefined);
}

/** @throws JinjaError for what is not there */
export function defined(value: JinjaValue): JinjaValue {
  if (value instanceof Undefined) throw undefinedError(value.message);
  return value;
}

/** Its characters, as Python counts them. */
export function charactersOf(text: string): string[] {
  payForPart(text.length * 8);
  return Array.from(text);
}

/** The same without a copy, where each of them is one unit of the text. */
export function unitsOf(text: string): ArrayLike<string> {
  return /[\ud800-\udfff]/.test(text) ? charactersOf(text) : text;
}

export function lengthOf(text: string): number {
  return unitsOf(text).length;
}
