import { expect, test } from 'vitest';
import { newId } from './new-id.ts';
import { SHORT_ID_LENGTH } from './short-id.ts';

test('ids of one process differ in their beginnings, and have the form of UUIDs of version 7', () => {
  const ids = Array.from({ length: 50_000 }, newId);
  expect(new Set(ids.map((id) => id.slice(0, SHORT_ID_LENGTH))).size).toBe(ids.length);
  for (const id of ids)
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(
    Math.abs(Number.parseInt((ids[0] as string).replace('-', '').slice(0, 12), 16) - Date.now()),
  ).toBeLessThan(60_000);
});

test('what follows the beginning is random', () => {
  const ends = Array.from({ length: 10_000 }, () => newId().slice(SHORT_ID_LENGTH));
  expect(new Set(ends).size).toBe(ends.length);
  const bits = ends.map((end) => Number.parseInt(end.replace('-', '').slice(0, 8), 16) >>> 31);
  const ones = bits.filter((bit) => bit === 1).length;
  expect(Math.abs(ones - ends.length / 2)).toBeLessThan(ends.length / 10);
});
