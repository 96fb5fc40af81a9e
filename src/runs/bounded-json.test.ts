import { expect, test } from 'vitest';
import { boundedJson } from './bounded-json.ts';

test('what fits is written as it is', () => {
  const value = { a: [1, null, true, 'x'], b: { c: 'é' } };
  expect(boundedJson(value, 1000)).toBe(JSON.stringify(value));
});

test('what does not fit is cut, and stays JSON', () => {
  const long = { text: 'x'.repeat(500), list: Array.from({ length: 500 }, (_, at) => at), deep: { y: 'z' } };
  const json = boundedJson(long, 300);
  expect(json.length).toBeLessThan(400);
  expect(JSON.parse(json).text).toMatch(/^x+\.\.\.$/);
  const list = JSON.parse(boundedJson(Array(5000).fill('a'), 10_000));
  expect(list).toHaveLength(1000);
});

test('a cut text is never half a character', () => {
  const { text } = JSON.parse(boundedJson({ text: '😀'.repeat(200) }, 101));
  expect(text.isWellFormed()).toBe(true);
});
