import { expect, test } from 'vitest';
import { boundJson } from './bound-json.ts';

test('what is not too much stays as it is', () => {
  const value = { a: [1, 'x', null, true, { b: 'y' }], c: '' };
  expect(boundJson(value, 1000)).toEqual(value);
  for (const one of [null, 5, 'x', true, [], {}]) expect(boundJson(one, 1000)).toEqual(one);
});

test('the text that goes over is cut, and what comes after it gone', () => {
  expect(boundJson({ a: 'x'.repeat(50), b: 'y' }, 30)).toEqual({ a: `${'x'.repeat(21)}…` });
  expect(boundJson([['x'.repeat(50)], 'y'], 30)).toEqual([[`${'x'.repeat(14)}…`]]);
});

test('so are long lists of what has no text, and many keys', () => {
  const numbers = boundJson(Array(100_000).fill(1), 800) as unknown[];
  expect(numbers.length).toBeLessThan(101);
  const keys = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`key${index}`, '']));
  expect(Object.keys(boundJson(keys, 800) as object).length).toBeLessThan(200);
});

test('what lies too deep is null', () => {
  const deep = JSON.parse(`${'[1,'.repeat(5000)}[]${']'.repeat(5000)}`);
  const text = JSON.stringify(boundJson(deep, 1000));
  expect(text).toBe(`${'[1,'.repeat(16)}null${']'.repeat(16)}`);
});

test('__proto__ is a key like others', () => {
  const bounded = boundJson(JSON.parse('{"__proto__":{"polluted":true}}'), 1000) as object;
  expect(Object.keys(bounded)).toEqual(['__proto__']);
  expect(bounded).not.toHaveProperty('polluted');
});
