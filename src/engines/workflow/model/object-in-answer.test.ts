import { expect, test } from 'vitest';
import { objectInAnswer } from './object-in-answer.ts';

test.each<readonly [string, unknown]>([
  ['{"a": 1}', { a: 1 }],
  ['Sure!\n```json\n{"a": {"b": [1, "}"]}}\n```\nAnything else?', { a: { b: [1, '}'] } }],
  ['```\n{"a": 1}\n```', { a: 1 }],
  ['The set {x, y} is {"a": 1}, not {"a": 2}', { a: 1 }],
  ['[{"a": 1}, {"a": 2}]', { a: 1 }],
  ['<think>maybe {"a": 0}?</think>{"a": 1}', { a: 1 }],
  ['<THINK x="y">{"a": 0}', undefined],
  ['{"text": "say \\"{\\""} {', { text: 'say "{"' }],
  ['a quote: 5" {"a": 1}', { a: 1 }],
  // Broken, but readable.
  ["{'a': 'x', 'b': True, }", { a: 'x', b: true }],
  ['{"a": "line\nbreak"}', { a: 'line\nbreak' }],
  ['Here: ```json\n{a: 1, b: [x, y]}\n``` {c}', { a: 1, b: ['x', 'y'] }],
  ['{"a": "he said "hi" to me"}', { a: 'he said "hi" to me' }],
  // Nothing of the kind.
  ['', undefined],
  ['no', undefined],
  ['[1, 2]', undefined],
  ['"{}', {}],
  ['{"a": 1', undefined],
  ['null', undefined],
])('%j', (answer, value) => {
  expect(objectInAnswer(answer)).toEqual(value);
});

test('names of prototypes are only names', () => {
  const found = objectInAnswer('{"__proto__": {"x": 1}, "constructor": 2}');
  expect(Object.keys(found ?? {})).toEqual(['__proto__', 'constructor']);
  expect(({} as { x?: number }).x).toBeUndefined();
});

test('what is nested deeper than anyone writes by recursion is none', () => {
  const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
  expect(objectInAnswer(nested(200))).toBeDefined();
  const found = objectInAnswer(nested(100_000));
  expect(JSON.stringify(found ?? null).length).toBeLessThan(2_000);
  expect(objectInAnswer(`{'a': ${'['.repeat(300)}${']'.repeat(300)}}`)).toBeUndefined();
});

// With anything that grows with the square of the length these would not end.
test.each([
  ['openings', '{'.repeat(1_000_000)],
  ['openings and quotes', '{ "'.repeat(300_001)],
  ['openings and words', '{ a '.repeat(300_000)],
  ['fences', '```{'.repeat(200_000)],
  ['crossed brackets', '{[}]'.repeat(300_000)],
  ['flow maps', `{: {${'a,'.repeat(400_000)}}`],
  ['flow maps, too long to be mended', `{"q": "": {${'a,'.repeat(600_000)}"}`],
])('nothing but %s', (_, answer) => {
  expect(objectInAnswer(answer)).toBeUndefined();
});
