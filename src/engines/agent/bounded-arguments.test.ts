import { expect, test } from 'vitest';
import { boundedArguments } from './bounded-arguments.ts';

const nested = (depth: number) => `{"a": ${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;

test.each([
  '',
  '{}',
  '{"a": 1',
  'what a model says',
  nested(200),
  `{"a": "${'['.repeat(1000)}"}`,
  `{"a": "\\"${'{'.repeat(1000)}"}`,
  `[${'[],'.repeat(1000)}1]`,
])('%s is as it was', (text) => {
  expect(boundedArguments(text)).toBe(text);
});

test.each([nested(201), nested(100_000), '['.repeat(1000), '{"a":'.repeat(1000)])(
  'what is too deep is cut, and no JSON',
  (text) => {
    const cut = boundedArguments(text);
    expect(cut.length).toBeLessThan(1_100);
    expect(cut.endsWith('…')).toBe(true);
    expect(() => JSON.parse(cut)).toThrow();
  },
);

test('a long text costs little time', () => {
  const began = performance.now();
  for (const text of ['"'.repeat(1e6), '\\'.repeat(1e6), `"${'\\"'.repeat(5e5)}`, '[]'.repeat(5e5)])
    boundedArguments(text);
  expect(performance.now() - began).toBeLessThan(2_000);
});
