import { isRecord } from '../../../config/is-record.ts';
import { expandTemplate } from '../pool/references.ts';
import type { ReadPool } from '../pool/variable-pool.ts';
import type { Value, ValueRecord } from '../values/value.ts';

/**
 * A value with the references in its texts filled in. Dify writes the value as JSON, fills in there and reads it again,
 * which breaks where a variable holds a quote, and lets a variable add keys; in all else the result is the same.
 */
export function expandValue(value: Value, pool: ReadPool): Value {
  if (typeof value === 'string') return value.includes('{{#') ? expandTemplate(value, pool) : value;
  if (Array.isArray(value)) return value.map((item) => expandValue(item, pool));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value as ValueRecord).map(([key, item]) => [key, expandValue(item, pool)]),
  );
}

/** Every text within a value, keys excepted. */
export function textsIn(value: Value): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(textsIn);
}
