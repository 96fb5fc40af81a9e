import type { Value, ValueRecord } from '../values/value.ts';
import { ENVIRONMENT } from './selector.ts';
import type { ReadPool } from './variable-pool.ts';

export const MASK = '*'.repeat(20);

/** Shorter ones are no secrets, and stand in every other word. */
const SHORTEST = 4;

/** Secret variables of the environment, in all forms that logs could show them in. Longer ones come first. */
export function secretsOf(pool: ReadPool): readonly string[] {
  const secrets = new Set<string>();
  for (const { type, value } of pool.variablesOf(ENVIRONMENT).values()) {
    if (type !== 'secret' || typeof value !== 'string' || value.length < SHORTEST) continue;
    for (const form of [
      value,
      encodeURIComponent(value.toWellFormed()),
      JSON.stringify(value).slice(1, -1),
    ]) {
      secrets.add(form);
    }
  }
  return [...secrets].toSorted((a, b) => b.length - a.length);
}

export function maskText(text: string, secrets: readonly string[]): string {
  let masked = text;
  for (const secret of secrets) masked = masked.replaceAll(secret, MASK);
  return masked;
}

/** A copy where something had to be masked, else the value itself. */
export function maskRecord(record: ValueRecord, secrets: readonly string[]): ValueRecord {
  return secrets.length === 0 ? record : (maskValue(record, secrets) as ValueRecord);
}

function maskValue(value: Value, secrets: readonly string[]): Value {
  if (typeof value === 'string') return maskText(value, secrets);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => maskValue(item, secrets));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, maskValue(item, secrets)]));
}
