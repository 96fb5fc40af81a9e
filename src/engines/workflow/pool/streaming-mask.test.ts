import { expect, test } from 'vitest';
import { MASK, maskText, secretsOf } from './mask-secrets.ts';
import { StreamingMask } from './streaming-mask.ts';
import { VariablePool } from './variable-pool.ts';

function secrets(...values: readonly string[]) {
  return secretsOf(
    VariablePool.from([['env', values.map((value, at) => [`v${at}`, { value, type: 'secret' as const }])]]),
  );
}

const KEY = 'sk-abcDEF-0123456789';
const ODD = 'a\\"b/ü&😀 c';

/** In pieces of this many UTF-16 units. */
function piecesOf(text: string, size: number): string[] {
  return Array.from({ length: Math.ceil(text.length / size) }, (_, at) =>
    text.slice(at * size, (at + 1) * size),
  );
}

const TEXTS = [
  `the key is ${KEY}, is it not?`,
  `${KEY}${KEY}`,
  `${KEY.slice(0, -1)} ${KEY.slice(1)} s sk sk- ${KEY}`,
  `SK-ABCDEF-0123456789 and ${KEY.toLowerCase()}`,
  `it is ${JSON.stringify(JSON.stringify(ODD))} or ${encodeURIComponent(encodeURIComponent(ODD))}, ${ODD}`,
  `Bearer ${Buffer.from(`user:${KEY}`).toString('base64')} ends`,
  'no secret at all, but its characters: s k - a b c',
  '',
];

test.each(TEXTS)('in whatever pieces it comes: %s', (text) => {
  const all = secrets(KEY, ODD);
  const whole = maskText(text, all);
  for (let size = 1; size <= text.length + 1; size += 1) {
    const mask = new StreamingMask(all);
    const told = piecesOf(text, size).map((piece) => mask.add(piece));
    expect([...told, mask.end()].join('')).toBe(whole);
    expect(mask.end()).toBe('');
  }
});

test('a secret within another, in pieces', () => {
  const all = secrets('inner', 'before-inner-after');
  const mask = new StreamingMask(all);
  const told = [...'x before-inner-after y inner z'].map((one) => mask.add(one)).join('') + mask.end();
  expect(told).toBe(`x ${MASK} y ${MASK} z`);
});

test('only a few characters are held back where nothing looks like a secret', () => {
  const mask = new StreamingMask(secrets(KEY));
  let held = 0;
  let told = 0;
  for (const [at, piece] of 'What do we know of this? Not very much, to be honest.'.match(/./g)?.entries() ??
    []) {
    told += mask.add(piece).length;
    held = Math.max(held, at + 1 - told);
  }
  expect(held).toBe(3);
});
