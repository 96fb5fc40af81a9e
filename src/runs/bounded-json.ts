import { sizeUpTo } from '../config/size-up-to.ts';

/** Of one text, and of one field of a row, in characters. */
const MAX_TEXT = 100_000;
const MAX_ITEMS = 1_000;

/**
 * JSON of about `most` characters at most. What is larger is cut as Dify cuts what it shows to people
 * (`facts/dify-dsl-engine.md` §7.8): long texts and lists end early, then what is left loses its inside.
 */
export function boundedJson(value: unknown, most: number): string {
  if (sizeUpTo(most, value) <= most) return JSON.stringify(value);
  let left = most;
  return JSON.stringify(cut(value));

  function cut(one: unknown): unknown {
    if (typeof one === 'string') {
      const room = Math.max(0, Math.min(MAX_TEXT, left));
      left -= Math.min(one.length, room) + 2;
      return one.length <= room ? one : `${one.slice(0, room).toWellFormed()}...`;
    }
    left -= 4;
    if (typeof one !== 'object' || one === null) return one;
    if (left <= 0) return '...';
    if (Array.isArray(one)) {
      const kept: unknown[] = [];
      for (const item of one) {
        if (kept.length >= MAX_ITEMS || left <= 0) break;
        kept.push(cut(item));
      }
      return kept;
    }
    const kept: [string, unknown][] = [];
    for (const [name, inner] of Object.entries(one)) {
      if (left <= 0) break;
      left -= name.length;
      kept.push([name, cut(inner)]);
    }
    return Object.fromEntries(kept);
  }
}
