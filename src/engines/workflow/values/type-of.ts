import { isFileValue } from './file-value.ts';
import type { SegmentType } from './segment-type.ts';
import type { Value } from './value.ts';
import type { Variable } from './variable.ts';

/** The declared type where there is one, else what the value says. */
export function typeOf(variable: Variable): SegmentType {
  return variable.type ?? inferType(variable.value);
}

/**
 * `facts/dify-dsl-engine.md` §3.4. Numbers of JSON do not keep Python's difference between `1` and `1.0`: one without a
 * fraction counts as an integer, as far as ids of 64 bits go, though a double has not all of their digits.
 */
export function inferType(value: Value): SegmentType {
  switch (typeof value) {
    case 'string':
      return 'string';
    case 'boolean':
      return 'boolean';
    case 'number':
      return Number.isInteger(value) && Math.abs(value) < 2 ** 63 && !Object.is(value, -0)
        ? 'integer'
        : 'float';
    default:
      if (value === null) return 'none';
      if (Array.isArray(value)) return inferArray(value);
      return isFileValue(value) ? 'file' : 'object';
  }
}

function inferArray(items: readonly Value[]): SegmentType {
  const [first] = items;
  if (first === undefined) return 'array[any]';
  const type = elementType(first);
  if (type === 'any') return 'array[any]';
  return items.every((item) => elementType(item) === type) ? `array[${type}]` : 'array[any]';
}

function elementType(item: Value): 'string' | 'number' | 'boolean' | 'object' | 'file' | 'any' {
  switch (typeof item) {
    case 'string':
      return 'string';
    case 'number':
      return 'number';
    case 'boolean':
      return 'boolean';
    default:
      if (item === null || Array.isArray(item)) return 'any';
      return isFileValue(item) ? 'file' : 'object';
  }
}
