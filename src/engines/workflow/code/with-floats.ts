import type { Value } from '../values/value.ts';

const SCIENTIFIC = /^-?\d+\.?\d*e[+-]\d+$/i;

/** Text that is a number in scientific notation becomes one, wherever it stands: so Dify has it. */
export function withFloats(value: Value): Value {
  if (typeof value === 'string') return value.length < 400 && SCIENTIFIC.test(value) ? Number(value) : value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(withFloats);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withFloats(item)]));
}
