import { expect, test } from 'vitest';
import { parseLooseJson } from './parse-loose-json.ts';

test.each<readonly [string, unknown]>([
  ['"text"', 'text'],
  ['{"a": 1}', { a: 1 }],
  // Commas.
  ['{"a": 1,}', { a: 1 }],
  ['[1, 2, ,]', [1, 2]],
  ['{"a": "x"\n "b": "y"}', { a: 'x', b: 'y' }],
  // Quotes.
  ["{'a': 'it's', 'b': \"x\"}", { a: "it's", b: 'x' }],
  ['{“a”: “b”}', { a: 'b' }],
  ['{"a": "he said "hi", then went", "b": 1}', { a: 'he said "hi", then went', b: 1 }],
  ['{"a": "says "hi"", b: 2}', { a: 'says "hi"', b: 2 }],
  ['["says "hi" to me", "x"]', ['says "hi" to me', 'x']],
  ['{"a": "{"b": 1}"}', { a: '{"b": 1}' }],
  // No quotes.
  ['{a: 1, b-c: hello world, $d: http://x.y/z}', { a: 1, 'b-c': 'hello world', $d: 'http://x.y/z' }],
  ['[x, 007, +5, .5, 1e3, -0.5]', ['x', '007', 5, 0.5, 1000, -0.5]],
  // Words of Python, and of nobody.
  ['{"a": True, "b": False, "c": None, "d": undefined}', { a: true, b: false, c: null, d: null }],
  ['{"a": , "b": }', { a: null, b: null }],
  // Comments.
  ['{"a": 1, // one\n "b": /* two */ 2 # three\n}', { a: 1, b: 2 }],
  ['{a: b#c, d: x # y\n}', { a: 'b#c', d: 'x' }],
  // Brackets.
  ['{"a": [1, {"b": 2', { a: [1, { b: 2 }] }],
  ['{"a": [1, 2}', { a: [1, 2] }],
  ['{"a": "cut of', { a: 'cut of' }],
  // Control characters, and backslashes that begin nothing.
  ['{"a": "x\n\ty"}', { a: 'x\n\ty' }],
  ['{"a": "\\d+\\u00e9\\u12 \\"\\\\",}', { a: '\\d+é\\u12 "\\' }],
  // Nothing of the kind.
  ['', undefined],
  ['words', undefined],
  ['{nope', undefined],
  ['{nope}', undefined],
  ['{"a": 1} and more', undefined],
  ['{[}]', undefined],
  ['[1}]', undefined],
])('%j', (text, value) => {
  expect(parseLooseJson(text)?.value).toEqual(value);
});

test('names of prototypes are only names', () => {
  const value = parseLooseJson("{'__proto__': {'x': 1}}")?.value as object;
  expect(Object.keys(value)).toEqual(['__proto__']);
  expect((value as { x?: number }).x).toBeUndefined();
});

test('what is nested too deep, or longer than anyone writes, is not mended', () => {
  const nested = (depth: number) => `${'['.repeat(depth)}x${']'.repeat(depth)}`;
  expect(parseLooseJson(nested(400))).toBeDefined();
  expect(parseLooseJson(nested(100_000))).toBeUndefined();
  expect(parseLooseJson(`[${'x,'.repeat(600_000)}]`)).toBeUndefined();
});

test.each<readonly [string, (n: number) => string]>([
  ['flow maps', (n) => `{"q": {${'a,'.repeat(n)}`],
  ['flow maps that a user opens', (n) => `{"q": "": {${'a,'.repeat(n)}"}`],
  ['entries', (n) => `{${'a: 1,'.repeat(n)}`],
  ['quotes', (n) => `{"a": ${'"'.repeat(n)}`],
  ['quotes and spaces', (n) => `{"a": "${'"   '.repeat(n)}`],
  ['quotes before many spaces', (n) => `{"a": "${`"${' '.repeat(Math.sqrt(n))}`.repeat(Math.sqrt(n))}`],
  ['quotes and commas', (n) => `{"a": "${'", x'.repeat(n)}`],
  ['names without an end', (n) => `{"a": "x" "${'b" "'.repeat(n)}`],
  ['comments', (n) => `[${'/* '.repeat(n)}`],
  ['hashes', (n) => `[${'# '.repeat(n)}`],
  ['commas and comments', (n) => `[${'x, /**/'.repeat(n)}`],
  ['backslashes', (n) => `{'a': '${'\\u12'.repeat(n)}`],
  ['lists', (n) => `[${'[],'.repeat(n)}`],
  ['spaces', (n) => `{'a'${' '.repeat(n)}`],
])('%s take time by their length', (_, text) => {
  const timeOf = (n: number) =>
    Math.min(
      ...Array.from({ length: 5 }, () => {
        const source = text(n);
        const before = performance.now();
        parseLooseJson(source);
        return performance.now() - before;
      }),
    );
  timeOf(10_000);
  // Sixteen times as much; a square would make it 256.
  expect(timeOf(160_000) / Math.max(timeOf(10_000), 0.3)).toBeLessThan(100);
});
