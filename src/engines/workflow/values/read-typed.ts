import { inferType } from './type-of.ts';
import type { Value } from './value.ts';

/** Types that a file can declare for a value it brings along. */
export type DeclaredType =
  | 'string'
  | 'number'
  | 'boolean'
  | 'object'
  | 'array[string]'
  | 'array[number]'
  | 'array[object]'
  | 'array[boolean]'
  | 'array[file]'
  | 'array[any]';

/** Whether a value is of a declared type; an empty list is of every list type. */
export function fits(value: Value, type: DeclaredType): boolean {
  const found = inferType(value);
  if (type === 'number') return found === 'integer' || found === 'float';
  if (Array.isArray(value))
    return type === 'array[any]' || found === type || (value.length === 0 && type.startsWith('array['));
  return found === type;
}

/**
 * A value as a file declares it: lists, objects, numbers and booleans may be written as JSON in a string, booleans as Python
 * writes them, too. Undefined: it is not of that type.
 */
export function readTyped(value: Value, type: DeclaredType): Value | undefined {
  if (fits(value, type)) return value;
  if (typeof value !== 'string' || type === 'string') return undefined;
  try {
    const parsed = JSON.parse(type === 'boolean' ? value.toLowerCase() : value) as Value;
    return fits(parsed, type) ? parsed : undefined;
  } catch {
    return undefined;
  }
}
