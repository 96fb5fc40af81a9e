import type { Value, ValueRecord } from './value.ts';

/** Python's `==`: by value, with `True == 1`. */
export function pythonEquals(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (typeof a === 'boolean' && typeof b === 'number') return Number(a) === b;
  if (typeof a === 'number' && typeof b === 'boolean') return a === Number(b);
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((item: Value, at) => pythonEquals(item, b[at] as Value));
  }
  const [left, right] = [a as ValueRecord, b as ValueRecord];
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && pythonEquals(left[key] as Value, right[key] as Value))
  );
}
