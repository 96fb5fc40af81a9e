import { expect, test } from 'vitest';
import { cleanText } from './clean-text.ts';

test.each([
  ['plain', 'plain'],
  ['  line\r\n\tnext \n', 'line\n\tnext'],
  ['\u0000a\u001b[31mb\u007f\u009bc', 'a[31mbc'],
  ['left\u202eright\u2066', 'leftright'],
  [`a${String.fromCodePoint(0xe0061, 0xe007f)}b`, 'ab'],
  ['👩‍👩‍👧 ümlaut العربية', '👩‍👩‍👧 ümlaut العربية'],
])('%j', (text, clean) => {
  expect(cleanText(text, 100)).toBe(clean);
});

test('is cut to the length, and not within a character', () => {
  expect(cleanText('abcdef', 6)).toBe('abcdef');
  expect(cleanText('abcdefg', 6)).toBe('abcde…');
  expect(cleanText('abcd😀xyz', 6)).toBe('abcd\ufffd…');
  expect(cleanText('x'.repeat(10_000_000), 10)).toHaveLength(10);
});
