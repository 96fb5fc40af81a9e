import { describe, expect, test } from 'vitest';
import { MASK, maskRecord, maskText, secretsOf } from './mask-secrets.ts';
import { VariablePool } from './variable-pool.ts';

const SECRET = 'k/ey+1 (of) "two"\\three\n<ü&😀>\'4!';

function secrets(...values: readonly string[]) {
  return secretsOf(
    VariablePool.from([['env', values.map((value, at) => [`v${at}`, { value, type: 'secret' as const }])]]),
  );
}

describe('a secret is found', () => {
  const form = (text: string) => new URLSearchParams({ x: text }).toString().slice(2);
  const html = SECRET.replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
  const ascii = JSON.stringify(SECRET).replace(
    /[^\0-\x7f]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  test.each([
    ['as it is', SECRET],
    ['in JSON', JSON.stringify(SECRET).slice(1, -1)],
    ['in JSON within JSON', JSON.stringify(JSON.stringify(SECRET)).slice(3, -3)],
    ['in JSON of ASCII', ascii.slice(1, -1)],
    ['in a part of an address', encodeURIComponent(SECRET)],
    ['in small letters there', encodeURIComponent(SECRET).replace(/%../g, (code) => code.toLowerCase())],
    ['in an address', encodeURI(SECRET)],
    ['in a form', form(SECRET)],
    ['in a form within a form', form(form(SECRET))],
    ['in capitals', SECRET.toUpperCase()],
    ['in HTML', html],
    ['in HTML with numbers', html.replaceAll('&quot;', '&#34;').replaceAll("'", '&#39;')],
  ])('%s', (_, text) => {
    expect(maskText(`a ${text} b ${text}`, secrets(SECRET))).toBe(`a ${MASK} b ${MASK}`);
  });

  test.each(['', 'u', 'us', 'use', 'user:', '{"key":"'])('in Base64, behind %s', (before) => {
    for (const after of ['', '!', '"}', ' and more'])
      for (const secret of [SECRET, 'eight-ch', 'nine-char', 'ten-charac'])
        for (const encoding of ['base64', 'base64url'] as const) {
          const encoded = Buffer.from(before + secret + after).toString(encoding);
          expect(maskText(encoded, secrets(secret))).toContain(MASK);
          expect(
            Buffer.from(maskText(encoded, secrets(secret)).replaceAll('*', ''), 'base64').toString(),
          ).not.toContain(secret.slice(3, -3));
        }
  });
});

test('names are masked, too, and nothing else is changed', () => {
  expect(
    maskRecord({ 'my-secret': ['my-secret', { a: 'not my secret', n: 1, z: null }] }, secrets('my-secret')),
  ).toEqual({
    [MASK]: [MASK, { a: 'not my secret', n: 1, z: null }],
  });
  const record = { a: 'x' };
  expect(maskRecord(record, secrets('abc'))).toBe(record);
});

test('the longer of two is masked first', () => {
  expect(maskText('abcd abcdefgh', secrets('abcd', 'abcdefgh'))).toBe(`${MASK} ${MASK}`);
});

test('looking for what repeats takes no longer than the text is long', () => {
  const hostile = secrets(
    `${'\\'.repeat(40)}x`,
    '"'.repeat(40),
    `${'a'.repeat(400)}b`,
    '%25'.repeat(50),
    ' +'.repeat(99),
  );
  const took = (length: number) => {
    const began = performance.now();
    for (const unit of ['\\', '"', '\\"', 'a', '%25', '%', ' ', '+']) maskText(unit.repeat(length), hostile);
    return performance.now() - began;
  };
  const best = (length: number) => Math.min(...Array.from({ length: 5 }, () => took(length)));
  // Ten times as long; a hundred times would be the square of it.
  expect(best(100_000)).toBeLessThan(50 * best(10_000));
});
