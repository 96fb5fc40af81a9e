import { expect, test } from 'vitest';
import { parseValue } from './parse-value.ts';

const nested = (depth: number, text = ''): string => '['.repeat(depth) + text + ']'.repeat(depth);

test('JSON becomes a value', () => {
  const value = { a: [1, -2.5e-3, 'x"\\', null, true], 'b"[': {} };
  expect(parseValue(JSON.stringify(value))).toEqual(value);
});

test('brackets in strings are no depth', () => {
  const value = { a: '['.repeat(2000), ['{"\\'.repeat(600)]: '\\' };
  expect(parseValue(JSON.stringify(value))).toEqual(value);
});

test('depth is limited before anything is parsed', () => {
  expect(parseValue(nested(500, '1'))).toEqual(JSON.parse(nested(500, '1')));
  expect(() => parseValue(nested(501))).toThrow('nested deeper than 500 levels');
  expect(() => parseValue('['.repeat(1_000_000))).toThrow('nested deeper than 500 levels');
});

test.each(['', 'undefined', '{', '"a', 'NaN', '[1,]'])('%j is no JSON', (json) => {
  expect(() => parseValue(json)).toThrow('The result is no JSON.');
});

test('numbers that no double can stand for are refused, texts of digits are not', () => {
  expect(() => parseValue(`{"a":[${'9'.repeat(400)}]}`)).toThrow('a number beyond 1.8e308');
  expect(parseValue(`["${'9'.repeat(400)}", 1]`)).toEqual(['9'.repeat(400), 1]);
});
