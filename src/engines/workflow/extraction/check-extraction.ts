import { isRecord } from '../../../config/is-record.ts';
import { pythonFloatOf, pythonInt } from '../values/python-parse.ts';
import { pythonStr, pythonType } from '../values/python-text.ts';
import { inferType } from '../values/type-of.ts';
import type { Value, ValueRecord } from '../values/value.ts';
import { type ExtractionParameter, itemTypeOf } from './extraction-parameter.ts';

export interface Extraction {
  /** One for each parameter, in order, of its type. */
  readonly values: readonly (readonly [name: string, value: Value])[];
  /** What is wrong with the model's answer; null: nothing. */
  readonly reason: string | null;
}

/** Of a value, in a reason. */
const LONGEST = 1000;

/**
 * What a model has extracted, as the node gives it (`facts/dify-dsl-engine.md` §4.14): with what is wrong, transformed
 * where that can be, else empty.
 *
 * @param found null: the model gave no object
 */
export function checkExtraction(
  found: ValueRecord | null,
  parameters: readonly ExtractionParameter[],
): Extraction {
  const values = parameters.map(({ name, type }): [string, Value] => {
    const value = found === null ? undefined : valueAt(found, name);
    return [name, (value === undefined ? undefined : transformed(value, type)) ?? emptyOf(type)];
  });
  const reason =
    found === null
      ? 'Failed to extract result from function call or text response, using empty result.'
      : problemOf(found, parameters);
  return { values, reason };
}

function valueAt(found: ValueRecord, name: string): Value | undefined {
  return Object.hasOwn(found, name) ? found[name] : undefined;
}

/** The first thing that is wrong, in Dify's words. */
function problemOf(found: ValueRecord, parameters: readonly ExtractionParameter[]): string | null {
  if (Object.keys(found).length !== parameters.length) return 'Invalid number of parameters';
  for (const { name, type, required, options } of parameters) {
    const value = valueAt(found, name);
    if (value === undefined && required) return `Parameter ${name} is required`;
    if (!fits(value ?? null, type)) return wrongType(name, type, value ?? null);
    if (type === 'string' && options.length > 0 && !options.includes(value as string)) {
      return `Invalid \`select\` value for parameter ${name}`;
    }
  }
  return null;
}

function fits(value: Value, type: ExtractionParameter['type'] | 'object'): boolean {
  switch (type) {
    case 'string':
    case 'boolean':
      return typeof value === type;
    case 'number':
      // Python takes a bool for an int.
      return typeof value === 'number' || typeof value === 'boolean';
    case 'object':
      return isRecord(value);
    default: {
      const items = itemTypeOf(type);
      return items !== null && Array.isArray(value) && value.every((item: Value) => fits(item, items));
    }
  }
}

function wrongType(name: string, type: string, value: Value): string {
  return (
    `Invalid value for parameter ${name}, expected segment type: ${type}, actual_type: ${inferType(value)}, ` +
    `python_type: <class '${pythonType(value)}'>, value: ${pythonStr(value).slice(0, LONGEST)}`
  );
}

/** The value as one of `type`; undefined: it cannot be one. */
function transformed(value: Value, type: ExtractionParameter['type']): Value | undefined {
  switch (type) {
    case 'string':
      return typeof value === 'string' ? value : undefined;
    case 'number':
      return asNumber(value);
    case 'boolean':
      return typeof value === 'boolean' || Number.isInteger(value) ? Boolean(value) : undefined;
    default: {
      if (!Array.isArray(value)) return undefined;
      const items = itemTypeOf(type);
      return value.flatMap((item: Value): Value[] => {
        if (items === 'number') return [asNumber(item) ?? []].flat();
        return items !== null && fits(item, items) ? [item] : [];
      });
    }
  }
}

function asNumber(value: Value): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return Number(value);
  if (typeof value !== 'string') return undefined;
  try {
    const number = value.includes('.') ? pythonFloatOf(value) : pythonInt(value);
    return Number.isFinite(number) ? number : undefined;
  } catch {
    return undefined;
  }
}

function emptyOf(type: ExtractionParameter['type']): Value {
  switch (type) {
    case 'string':
      return '';
    case 'number':
      return 0;
    case 'boolean':
      return false;
    default:
      return [];
  }
}
