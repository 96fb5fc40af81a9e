/** More levels than any client means; code that walks a value by recursion would run out of stack. */
const MAX_DEPTH = 100;
/** More values than any client means; a schema that refuses each of millions would take all memory for its reasons. */
const MAX_VALUES = 100_000;

/** Whether a parsed body nests deeper, or holds more, than any client means. Counts level by level, without recursion. */
export function isTooComplex(body: object): boolean {
  let values = 0;
  let level: object[] = [body];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth === MAX_DEPTH) return true;
    const next: object[] = [];
    for (const node of level) {
      const children = Object.values(node);
      values += children.length;
      if (values > MAX_VALUES) return true;
      for (const value of children) if (typeof value === 'object' && value !== null) next.push(value);
    }
    level = next;
  }
  return false;
}
