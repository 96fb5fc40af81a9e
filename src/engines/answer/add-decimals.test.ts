import { expect, test } from 'vitest';
import { addDecimals } from './add-decimals.ts';

test.each([
  ['0', '0', '0'],
  ['0.0010330', '0.0002560', '0.0012890'],
  ['0.1', '0.2', '0.3'],
  ['1', '0.05', '1.05'],
  ['0.9', '0.1', '1.0'],
  ['123456789012345678.9', '0.1', '123456789012345679.0'],
])('%s + %s = %s', (a, b, sum) => {
  expect(addDecimals(a, b)).toBe(sum);
  expect(addDecimals(b, a)).toBe(sum);
});
