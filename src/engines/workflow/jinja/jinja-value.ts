import { inferType } from '../values/type-of.ts';
import type { Value } from '../values/value.ts';

/**
 * A value inside a template. Integers are numbers without a fraction, floats numbers with one, or a `Float`: `6 / 2` is
 * `3.0`. Lists are arrays, dicts maps. Nothing of the host can be reached from here: there are no objects with methods,
 * only these, and functions that belong to this folder.
 */
export type JinjaValue =
  | null
  | boolean
  | number
  | string
  | JinjaValue[]
  | Map<JinjaValue, JinjaValue>
  | Float
  | Tuple
  | Undefined
  | Namespace
  | Callable;

/** A float without a fraction. */
export class Float {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

export class Tuple {
  readonly items: JinjaValue[];
  /** Of a named tuple, such as a group of `groupby`. */
  readonly names: readonly string[];
  constructor(items: JinjaValue[], names: readonly string[] = []) {
    this.items = items;
    this.names = names;
  }
}

/** What is not there: prints as nothing, and is an error as soon as something is asked of it. */
export class Undefined {
  readonly message: string;
  constructor(message: string) {
    this.message = message;
  }
}

/** What `set` may change from within a loop. */
export class Namespace {
  readonly values: Map<string, JinjaValue>;
  constructor(values: Map<string, JinjaValue>) {
    this.values = values;
  }
}

const NO_ATTRIBUTES: ReadonlyMap<string, () => JinjaValue> = new Map();

/** A macro, a method or a function. */
export class Callable {
  readonly name: string;
  readonly call: (args: JinjaValue[], named: ReadonlyMap<string, JinjaValue>) => JinjaValue;
  /** What can be read of it, as of `loop`. */
  readonly attributes: ReadonlyMap<string, () => JinjaValue>;
  constructor(
    name: string,
    call: Callable['call'],
    attributes: ReadonlyMap<string, () => JinjaValue> = NO_ATTRIBUTES,
  ) {
    this.name = name;
    this.call = call;
    this.attributes = attributes;
  }
}

/** What is there, null included; else something else. */
export function orElse<T>(value: JinjaValue | undefined, otherwise: () => T): JinjaValue | T {
  return value === undefined ? otherwise() : value;
}

/** A copy, since templates may change lists and dicts. */
export function fromValue(value: Value): JinjaValue {
  if (typeof value === 'number') return inferType(value) === 'float' ? float(value) : value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(fromValue);
  return new Map(Object.entries(value).map(([key, item]) => [key, fromValue(item)]));
}

export function float(value: number): JinjaValue {
  return Number.isInteger(value) ? new Float(value) : value;
}

/** The number that it is, booleans included; null: it is none. */
export function numberOf(value: JinjaValue): number | null {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return Number(value);
  return value instanceof Float ? value.value : null;
}

export function isFloat(value: JinjaValue): boolean {
  return value instanceof Float || (typeof value === 'number' && !Number.isInteger(value));
}

export function isNumber(value: JinjaValue): boolean {
  return typeof value === 'number' || value instanceof Float;
}
