import { expect, test } from 'vitest';
import { sizeUpTo } from './size-up-to.ts';

test.each([
  null,
  true,
  false,
  'é',
  '',
  0,
  -1.5,
  1e21,
  [],
  {},
  [1, 22, 'x'],
  { a: [1, null, true, false, 'x'], b: { c: 'é', d: {} }, e: [[], [0.5]] },
])('counts what JSON writes: %j', (value) => {
  expect(sizeUpTo(1000, value)).toBe(JSON.stringify(value).length);
});

test('counting ends soon, however large or nested the value is', () => {
  let nested: unknown = 'end';
  for (let depth = 0; depth < 100_000; depth += 1) nested = [nested];
  expect(sizeUpTo(1000, nested)).toBeLessThan(1100);
  const wide = Object.fromEntries(Array.from({ length: 100_000 }, (_, at) => [`k${at}`, at]));
  expect(sizeUpTo(1000, wide)).toBeGreaterThan(1000);
  expect(sizeUpTo(1000, 'x'.repeat(50_000_000))).toBeGreaterThan(1000);
  let doubled: unknown = [1];
  for (let at = 0; at < 100; at += 1) doubled = [doubled, doubled];
  expect(sizeUpTo(1000, doubled)).toBeLessThan(1100);
});
