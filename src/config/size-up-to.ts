/**
 * About how many characters a JSON value is written with, escapes aside; counting ends when it is more than `most`, so that
 * no value takes long, however large.
 */
export function sizeUpTo(most: number, value: unknown): number {
  let size = 0;
  const open: unknown[] = [value];
  while (open.length > 0 && size <= most) {
    const next = open.pop();
    if (typeof next !== 'object' || next === null) size += sizeOfScalar(next);
    else if (Array.isArray(next)) {
      size += 1 + Math.max(1, next.length);
      if (size > most) break;
      for (const item of next) {
        if (typeof item === 'object' && item !== null) open.push(item);
        else size += sizeOfScalar(item);
        if (size > most) break;
      }
    } else {
      const names = Object.keys(next);
      size += 1 + Math.max(1, names.length);
      for (const name of names) {
        if (size > most) break;
        size += name.length + 3;
        open.push((next as Record<string, unknown>)[name]);
      }
    }
  }
  return size;
}

function sizeOfScalar(value: unknown): number {
  switch (typeof value) {
    case 'string':
      return value.length + 2;
    case 'number':
      return value >= 0 && value < 10 && Number.isInteger(value) ? 1 : String(value).length;
    default:
      return value === false ? 5 : 4;
  }
}
