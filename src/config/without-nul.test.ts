import { expect, test } from 'vitest';
import { withoutNul } from './without-nul.ts';

test('texts lose NUL, wherever they stand', () => {
  expect(withoutNul('a\0b\0')).toBe('ab');
  expect(withoutNul({ a: ['x\0', { b: '\0\0' }], c: 'y' })).toEqual({ a: ['x', { b: '' }], c: 'y' });
  expect(withoutNul(['\0'])).toEqual(['']);
});

test('what has none is the same value, not a copy', () => {
  const value = { a: ['x', 1, null, true], b: 'line\n\u0001' };
  expect(withoutNul(value)).toBe(value);
  for (const plain of ['text', 5, null, undefined, false]) expect(withoutNul(plain)).toBe(plain);
});

test('words about NUL are not NUL', () => {
  const written = { arguments: '{"a":"\\u0000"}', text: 'The character \\u0000 and \\\\u0000' };
  expect(withoutNul(written)).toEqual(written);
  expect(withoutNul({ ...written, bad: '\0' })).toEqual({ ...written, bad: '' });
});

test('names lose it too: no database takes it in JSON either', () => {
  expect(JSON.stringify(withoutNul({ data: { 'a\0b': 1 } }))).not.toContain('\\u0000');
});

test('a name like __proto__ stays a name', () => {
  const value = JSON.parse('{"__proto__": {"x": "a\\u0000"}}');
  const clean = withoutNul(value);
  expect(JSON.stringify(clean)).toBe('{"__proto__":{"x":"a"}}');
  expect(Object.getPrototypeOf(clean)).toBe(Object.prototype);
});
