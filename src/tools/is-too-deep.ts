/** Levels that whatever writes a value by recursion goes through, with room to spare. */
const MAX_DEPTH = 200;

/** Whether JSON is nested so deep that to write it again, which is done by recursion, could end badly. */
export function isTooDeep(value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth === MAX_DEPTH) return true;
    level = level.flatMap((node) => (typeof node === 'object' && node !== null ? Object.values(node) : []));
  }
  return false;
}
