import { isRecord } from '../../config/is-record.ts';

const MAX_DEPTH = 16;

/**
 * A JSON value with what is too much left out: strings and keys have `maxText` characters together (the string that goes
 * over is cut, whatever comes after it is gone), nothing lies deeper than 16 levels.
 */
export function boundJson(value: unknown, maxText: number): unknown {
  let left = maxText;
  const bound = (part: unknown, depth: number): unknown => {
    if (typeof part === 'string') {
      const kept = part.length <= left ? part : `${part.slice(0, Math.max(0, left)).toWellFormed()}…`;
      left -= part.length;
      return kept;
    }
    // Numbers and the like count too, or a long list of them would be free.
    left -= 8;
    if (typeof part !== 'object' || part === null) return part;
    if (depth === MAX_DEPTH) return null;
    if (Array.isArray(part)) {
      const items: unknown[] = [];
      for (const item of part) {
        if (left <= 0) break;
        items.push(bound(item, depth + 1));
      }
      return items;
    }
    const entries: [string, unknown][] = [];
    for (const [key, item] of isRecord(part) ? Object.entries(part) : []) {
      left -= key.length;
      if (left <= 0) break;
      entries.push([key, bound(item, depth + 1)]);
    }
    // Not by assignment, which would set a prototype where a key is `__proto__`.
    return Object.fromEntries(entries);
  };
  return bound(value, 0);
}
