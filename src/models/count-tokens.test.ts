import { expect, test } from 'vitest';
import { countMessages, countTokens } from './count-tokens.ts';

test('texts and prompts', () => {
  expect(countTokens('')).toBe(0);
  expect(countTokens('The quick brown fox jumps over the lazy dog.')).toBe(10);
  expect(countTokens('你好，世界')).toBeGreaterThan(2);
  const read = async () => new Uint8Array();
  const image = {
    kind: 'image',
    mimeType: 'image/png',
    filename: 'f',
    source: { read },
    detail: 'low',
  } as const;
  expect(countMessages([{ role: 'user', content: [{ kind: 'text', text: 'fox' }, image] }])).toBe(
    3 + 3 + 1 + 85,
  );
});
