import type { Value, ValueRecord } from '../values/value.ts';
import type { Variable } from '../values/variable.ts';
import { ENVIRONMENT } from './selector.ts';
import { spellingsOf } from './spellings-of.ts';
import type { ReadPool } from './variable-pool.ts';

export const MASK = '*'.repeat(20);

/** Shorter ones are no secrets, and stand in every other word. */
const SHORTEST = 4;

/** What is not to be told, in all forms that logs could show it in. */
export interface Secret {
  readonly pattern: RegExp;
  /** What each of its spellings begins with. */
  readonly opening: RegExp;
  /** UTF-16 units of the longest spelling. */
  readonly longest: number;
  readonly longestOpening: number;
}

export type Secrets = readonly Secret[];

const known = new WeakMap<Variable, Secret>();

/**
 * Secret variables of the environment. Longer ones come first: a part of one may be another. They are found in capitals and
 * small letters as well, and as `spellingsOf` says; not in pieces, backwards, or changed otherwise.
 */
export function secretsOf(pool: ReadPool): Secrets {
  const secrets: [length: number, Secret][] = [];
  for (const variable of pool.variablesOf(ENVIRONMENT).values()) {
    const { type, value } = variable;
    if (type !== 'secret' || typeof value !== 'string' || value.length < SHORTEST) continue;
    const secret = known.get(variable) ?? secretOf(value);
    known.set(variable, secret);
    secrets.push([value.length, secret]);
  }
  return secrets.toSorted(([a], [b]) => b - a).map(([, secret]) => secret);
}

function secretOf(value: string): Secret {
  const { pattern, opening, ...lengths } = spellingsOf(value);
  return { pattern: new RegExp(pattern, 'gi'), opening: new RegExp(opening, 'gi'), ...lengths };
}

export function maskText(text: string, secrets: Secrets): string {
  let masked = text;
  for (const { pattern } of secrets) masked = masked.replace(pattern, MASK);
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
