import { expect, test } from 'vitest';
import { withinTime } from './within-time.ts';

test('gives what the work gives, and throws what it throws', () => {
  expect(withinTime(1_000, () => [1])).toEqual([1]);
  const error = new TypeError('no');
  expect(() =>
    withinTime(1_000, () => {
      throw error;
    }),
  ).toThrow(error);
});

test.each<readonly [string, () => unknown]>([
  [
    'a loop',
    () => {
      for (;;);
    },
  ],
  ['a regular expression', () => /^(a+)+$/.test(`${'a'.repeat(100)}!`)],
  [
    'work of another list',
    () =>
      Array.from({ length: 1_000 }).map(() => {
        for (;;);
      }),
  ],
])('ends %s', (_, work) => {
  const at = performance.now();
  expect(() => withinTime(50, work)).toThrow(
    expect.objectContaining({ code: 'ERR_SCRIPT_EXECUTION_TIMEOUT' }),
  );
  expect(performance.now() - at).toBeLessThan(1_000);
  expect(withinTime(1_000, () => 'next')).toBe('next');
});

test('within itself', () => {
  expect(withinTime(1_000, () => withinTime(1_000, () => 1) + 1)).toBe(2);
});

test('work that has waited for the processor is done again', () => {
  let begun = 0;
  const work = () => {
    begun++;
    if (begun === 1) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
    return 'done';
  };
  expect(withinTime(50, work)).toBe('done');
  expect(begun).toBe(2);
});
