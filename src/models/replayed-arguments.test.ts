import { expect, test } from 'vitest';
import { parseToolArguments } from './parse-tool-arguments.ts';
import { replayedArguments } from './replayed-arguments.ts';

test.each([
  ['{"a":[1]}', { a: [1] }],
  [' {} ', {}],
  ['', {}],
])('%j is an object', (text, value) => {
  expect(parseToolArguments(text)).toEqual(value);
  expect(replayedArguments(text)).toEqual(value);
});

test.each(['{"a":', 'null', '[1]', '"x"', '1', '{} {}', 'x'])('%j is none, and is quoted', (text) => {
  expect(parseToolArguments(text)).toBeNull();
  expect(replayedArguments(text)).toEqual({ invalid_arguments: text });
});
