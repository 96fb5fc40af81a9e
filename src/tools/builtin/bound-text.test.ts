import { expect, test } from 'vitest';
import { boundText, MAX_TEXT } from './bound-text.ts';

test('a text that is not too long stays as it is', () => {
  expect(boundText('')).toBe('');
  expect(boundText('abc', 3)).toBe('abc');
  expect(boundText('x'.repeat(MAX_TEXT))).toHaveLength(MAX_TEXT);
});

test('of any other the beginning is left, and says so', () => {
  expect(boundText('abcd', 3)).toBe('abc\n… (cut after 3 characters)');
  expect(boundText('x'.repeat(MAX_TEXT + 1)).length).toBeLessThan(MAX_TEXT + 50);
});

test('no character is cut in two', () => {
  expect(boundText('ab😀', 3)).toBe('ab\uFFFD\n… (cut after 3 characters)');
});
