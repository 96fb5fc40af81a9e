import type { Budget } from './budget.ts';
import { typeError } from './jinja-error.ts';
import { charactersOf, typeName } from './jinja-text.ts';
import { type JinjaValue, Tuple, Undefined } from './jinja-value.ts';

/** The items that a loop goes through: of a dict its keys, of a text its characters. Not to be changed. */
export function itemsOf(value: JinjaValue, budget: Budget): readonly JinjaValue[] {
  const items = listOf(value, budget);
  budget.spend(items.length / 8);
  return items;
}

function listOf(value: JinjaValue, budget: Budget): readonly JinjaValue[] {
  if (Array.isArray(value)) return value;
  if (value instanceof Tuple) return value.items;
  if (value instanceof Map) {
    budget.spend(value.size / 4);
    return [...value.keys()];
  }
  if (typeof value === 'string') return charactersOf(value);
  if (value instanceof Undefined) return [];
  throw typeError(`'${typeName(value)}' object is not iterable`);
}

export function isIterable(value: JinjaValue): boolean {
  return (
    Array.isArray(value) ||
    value instanceof Tuple ||
    value instanceof Map ||
    typeof value === 'string' ||
    value instanceof Undefined
  );
}
