import type { Budget } from './budget.ts';
import { JinjaError, typeError } from './jinja-error.ts';
import { defined, reprOf, typeName, unitsOf } from './jinja-text.ts';
import { Callable, type JinjaValue, Namespace, numberOf, orElse, Tuple, Undefined } from './jinja-value.ts';
import { methodOf } from './methods.ts';
import { keyOf } from './operations.ts';

/** `object.name`: what its Python object has by that name, else its item. */
export function attributeOf(object: JinjaValue, name: string, budget: Budget): JinjaValue {
  defined(object);
  if (object instanceof Namespace) return orElse(object.values.get(name), () => missing(object, name));
  if (object instanceof Callable) return orElse(object.attributes.get(name)?.(), () => missing(object, name));
  if (object instanceof Tuple) {
    const at = object.names.indexOf(name);
    if (at >= 0) return object.items[at] as JinjaValue;
  }
  const method = methodOf(object, name, budget);
  if (method !== null) return method;
  const value = object instanceof Map ? object.get(name) : undefined;
  return orElse(value, () => missing(object, name));
}

/** `object[key]`. */
export function itemOf(object: JinjaValue, key: JinjaValue, budget: Budget): JinjaValue {
  defined(object);
  defined(key);
  if (object instanceof Map) {
    const value = object.get(keyOf(key));
    if (value !== undefined) return value;
    return typeof key === 'string'
      ? (methodOf(object, key, budget) ?? missing(object, key))
      : missing(object, key);
  }
  const index = numberOf(key);
  if (index !== null && Number.isInteger(index)) {
    const items = sequenceOf(object, budget);
    const value = items?.[index < 0 ? items.length + index : index];
    if (items !== null) return orElse(value, () => missing(object, key));
  }
  return typeof key === 'string' ? attributeOf(object, key, budget) : missing(object, key);
}

/** `object[start:stop:step]`. */
export function sliceOf(
  object: JinjaValue,
  parts: readonly (JinjaValue | null)[],
  budget: Budget,
): JinjaValue {
  defined(object);
  const items = sequenceOf(object, budget);
  if (items === null) throw typeError(`'${typeName(object)}' object is not subscriptable`);
  const [start, stop, step] = [0, 1, 2].map((at) => integerOf(parts[at] ?? null));
  const by = step ?? 1;
  if (by === 0) throw new JinjaError('ValueError', 'slice step cannot be zero');
  const length = items.length;
  const bound = (at: number | null | undefined, otherwise: number): number => {
    if (at === null || at === undefined) return otherwise;
    const from = at < 0 ? length + at : at;
    return by > 0 ? Math.min(Math.max(from, 0), length) : Math.min(Math.max(from, -1), length - 1);
  };
  const first = bound(start, by > 0 ? 0 : length - 1);
  const last = bound(stop, by > 0 ? length : -1);
  const picked: JinjaValue[] = [];
  for (let at = first; by > 0 ? at < last : at > last; at += by) picked.push(items[at] as JinjaValue);
  budget.spend(picked.length / 4);
  if (typeof object === 'string') return picked.join('');
  return object instanceof Tuple ? new Tuple(picked) : picked;
}

function integerOf(value: JinjaValue): number | null {
  if (value === null) return null;
  const number = numberOf(value);
  if (number === null || !Number.isInteger(number)) throw typeError('slice indices must be integers or None');
  return number;
}

function sequenceOf(value: JinjaValue, budget: Budget): ArrayLike<JinjaValue> | null {
  if (Array.isArray(value)) return value;
  if (value instanceof Tuple) return value.items;
  if (typeof value !== 'string') return null;
  const characters = unitsOf(value);
  budget.spend(value.length / (characters === value ? 64 : 8));
  return characters;
}

function missing(object: JinjaValue, key: JinjaValue): Undefined {
  const name = object === null ? 'None' : `${typeName(object)} object`;
  return new Undefined(
    typeof key === 'string'
      ? `${reprOf(name)} has no attribute ${reprOf(key)}`
      : `${name} has no element ${reprOf(key)}`,
  );
}
