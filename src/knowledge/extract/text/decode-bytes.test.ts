import { expect, test } from 'vitest';
import { decodeBytes } from './decode-bytes.ts';

/** 中华人民共和国的首都是北京，人口众多。 */
const GBK = Buffer.from(
  'd6d0bbaac8cbc3f1b9b2bacdb9fab5c4cad7b6bccac7b1b1bea9a3acc8cbbfdad6dab6e0a1a3',
  'hex',
);
/** Привет, как у вас дела сегодня? */
const CYRILLIC = Buffer.from('cff0e8e2e5f22c20eae0ea20f320e2e0f120e4e5ebe020f1e5e3eee4edff3f', 'hex');
/** これは日本語の文章です。 */
const SHIFT_JIS = Buffer.from('82b182ea82cd93fa967b8cea82cc95b68fcd82c582b78142', 'hex');

test.each([
  ['UTF-8', Buffer.from('naïve 中文 😀'), 'naïve 中文 😀'],
  ['UTF-8 with a mark', Buffer.from('\ufeffnaïve'), 'naïve'],
  ['UTF-16LE with a mark', Buffer.from('\ufeffa中', 'utf16le'), 'a中'],
  ['UTF-16BE with a mark', Buffer.from('\ufeffa中', 'utf16le').swap16(), 'a中'],
  ['UTF-16LE without one', Buffer.from('Hello, 中文', 'utf16le'), 'Hello, 中文'],
  ['UTF-16BE without one', Buffer.from('Hello, 中文', 'utf16le').swap16(), 'Hello, 中文'],
  ['GBK', GBK, '中华人民共和国的首都是北京，人口众多。'],
  [
    'Latin-1',
    Buffer.from('Un été à la plage, déjà vécu près de Nîmes.', 'latin1'),
    'Un été à la plage, déjà vécu près de Nîmes.',
  ],
  ['Windows-1251', CYRILLIC, 'Привет, как у вас дела сегодня?'],
  ['Shift_JIS', SHIFT_JIS, 'これは日本語の文章です。'],
  ['nothing', Buffer.alloc(0), ''],
])('%s', (_, bytes, text) => {
  expect(decodeBytes(new Uint8Array(bytes))).toBe(text);
});

test('a charset that shows late only', () => {
  const late = Buffer.concat([Buffer.from('plain text, '.repeat(20_000)), GBK]);
  expect(decodeBytes(new Uint8Array(late)).slice(-4)).toBe('人口众多。'.slice(-4));
});

test('bytes that are no text become something, and quickly so', () => {
  expect(typeof decodeBytes(Uint8Array.from({ length: 100_000 }, (_, at) => (at * 7919) % 256))).toBe(
    'string',
  );
});
