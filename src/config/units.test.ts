import { expect, test } from 'vitest';
import { parseDuration } from './parse-duration.ts';
import { parseSize } from './parse-size.ts';

test.each([
  ['30s', 30_000],
  ['20m', 1_200_000],
  ['500ms', 500],
  ['1.5 h', 5_400_000],
  [0, 0],
  ['30', undefined],
  [30, undefined],
  ['-1s', undefined],
  ['1d', undefined],
  ['596h', 2_145_600_000],
  ['2147483647ms', 2_147_483_647],
  ['2147483648ms', undefined],
  ['597h', undefined],
  ['1000000000000000000000h', undefined],
  [null, undefined],
])('duration %j', (value, expected) => {
  expect(parseDuration(value)).toBe(expected);
});

test.each([
  ['15MB', 15 * 1024 ** 2],
  ['512kb', 512 * 1024],
  ['1.5 GB', 1.5 * 1024 ** 3],
  [1000, 1000],
  ['1000', 1000],
  [0, undefined],
  [1.5, 2],
  ['15MiB', undefined],
  [-1, undefined],
  [true, undefined],
])('size %j', (value, expected) => {
  expect(parseSize(value)).toBe(expected);
});
