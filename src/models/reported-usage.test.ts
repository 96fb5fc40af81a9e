import { expect, test } from 'vitest';
import { reportedUsage } from './reported-usage.ts';

const most = 2 ** 31 - 1;

test.each([
  [10, 10],
  [10.5, 11],
  ['10', 10],
  [' 10.2 ', 10],
  [-3, 0],
  [-0.2, 0],
  [2 ** 31, most],
  ['1e12', most],
])('%s is %s tokens', (count, expected) => {
  expect(reportedUsage(count, 7)).toEqual({ promptTokens: expected, completionTokens: 7 });
  expect(reportedUsage(7, count)).toEqual({ promptTokens: 7, completionTokens: expected });
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, 'many', '', ' ', true, [5], {}])(
  '%s is no count: the report as a whole counts for nothing',
  (count) => {
    expect(reportedUsage(count, 7)).toBeNull();
    expect(reportedUsage(7, count)).toBeNull();
  },
);

test('what is missing', () => {
  expect(reportedUsage(undefined, null)).toBeNull();
  expect(reportedUsage(undefined, 7)).toEqual({ promptTokens: 0, completionTokens: 7 });
  expect(reportedUsage(7, null)).toEqual({ promptTokens: 7, completionTokens: 0 });
});
