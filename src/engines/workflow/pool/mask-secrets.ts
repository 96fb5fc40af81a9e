import type { Value, ValueRecord } from '../values/value.ts';
import type { Variable } from '../values/variable.ts';
import { ENVIRONMENT } from './selector.ts';
import { spellingsOf } from './spellings-of.ts';
import type { ReadPool } from './variable-pool.ts';

export const MASK = '*'.repeat(20);

/** Shorter ones are no secrets, and stand in every other word. */
const SHORTEST = 4;

/** What is not to be told, in all forms that logs could show it in. */
export type Secrets = readonly RegExp[];

const patterns = new WeakMap<Variable, RegExp>();

/** Secret variables of the environment. Longer ones come first: a part of one may be another. */
export function secretsOf(pool: ReadPool): Secrets {
  const secrets: [length: number, RegExp][] = [];
  for (const variable of pool.variablesOf(ENVIRONMENT).values()) {
    const { type, value } = variable;
    if (type !== 'secret' || typeof value !== 'string' || value.length < SHORTEST) continue;
    const pattern = patterns.get(variable) ?? new RegExp(spellingsOf(value), 'g');
    patterns.set(variable, pattern);
    secrets.push([value.length, pattern]);
  }
  return secrets.toSorted(([a], [b]) => b - a).map(([, pattern]) => pattern);
}

export function maskText(text: string, secrets: Secrets): string {
  let masked = text;
  for (const secret of secrets) masked = masked.replace(secret, MASK);
  return masked;
}

/** A copy where something may have had to be masked, names included; without secrets the value itself. */
export function maskRecord(record: ValueRecord, secrets: Secrets): ValueRecord {
  return secrets.length === 0 ? record : (maskValue(record, secrets) as ValueRecord);
}

function maskValue(value: Value, secrets: Secrets): Value {
  if (typeof value === 'string') return maskText(value, secrets);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => maskValue(item, secrets));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [maskText(key, secrets), maskValue(item, secrets)]),
  );
}
