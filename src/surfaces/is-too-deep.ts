/** More levels than any client means; code that walks a value by recursion would run out of stack. */
const MAX_DEPTH = 100;

/** Whether a parsed body nests deeper than any client means. Counts level by level, without recursion. */
export function isTooDeep(body: object): boolean {
  let level: object[] = [body];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth === MAX_DEPTH) return true;
    const next: object[] = [];
    for (const node of level) {
      for (const value of Object.values(node))
        if (typeof value === 'object' && value !== null) next.push(value);
    }
    level = next;
  }
  return false;
}
