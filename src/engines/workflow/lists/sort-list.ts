import { fileAttribute, isFileValue } from '../values/file-value.ts';
import type { Value } from '../values/value.ts';

const KEYS = ['name', 'type', 'extension', 'mime_type', 'transfer_method', 'url', 'related_id', 'size'];

/** Sorted as Python sorts: by code points, equal ones in their order, also backwards. @throws Error */
export function sortList(list: readonly Value[], key: string, descending: boolean): readonly Value[] {
  const isOfFiles = list.some((item) => isFileValue(item));
  if (isOfFiles && !KEYS.includes(key)) throw new TypeError(`Invalid order key: ${key}`);
  const rank = (item: Value): Value => (isFileValue(item) ? (fileAttribute(item, key) ?? '') : item);
  const sorted = list.toSorted((a, b) => {
    const order = compareValues(rank(a), rank(b));
    return descending ? -order : order;
  });
  return sorted;
}

function compareValues(a: Value, b: Value): number {
  if (typeof a === 'string' && typeof b === 'string') return compareTexts(a, b);
  return Number(a) - Number(b);
}

/** JavaScript compares UTF-16 units, Python code points; the two differ beyond the first plane. */
function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  const [left, right] = [a[Symbol.iterator](), b[Symbol.iterator]()];
  for (;;) {
    const x = left.next().value?.codePointAt(0) ?? -1;
    const y = right.next().value?.codePointAt(0) ?? -1;
    if (x !== y) return x - y;
    if (x === -1) return 0;
  }
}
