import { expect, test } from 'vitest';
import { Printed } from './printed.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);

test('keeps what fits, says that it was cut, and begins anew', () => {
  const printed = new Printed(6);
  expect(printed.write(bytes('abc'))).toBe(3);
  expect(printed.write(bytes('defg'))).toBe(4);
  expect(printed.write(bytes('h'))).toBe(1);
  expect(printed.take()).toBe('abcdef\n[output cut at 6 bytes]');
  printed.write(bytes('x'));
  expect(printed.take()).toBe('x');
  expect(printed.take()).toBe('');
});

test('a character that is cut in two is left out', () => {
  const printed = new Printed(4);
  printed.write(bytes('ab𝄞'));
  expect(printed.take()).toBe('ab\n[output cut at 4 bytes]');
});

test('characters that come in two pieces are whole', () => {
  const printed = new Printed(10);
  for (const byte of bytes('ä𝄞')) printed.write(Uint8Array.of(byte));
  expect(printed.take()).toBe('ä𝄞');
});
