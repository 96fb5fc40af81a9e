import { expect, test } from 'vitest';
import { withDefaultPath } from './with-default-path.ts';

test.each([
  ['http://127.0.0.1:11434', 'http://127.0.0.1:11434/v1'],
  ['http://127.0.0.1:11434/', 'http://127.0.0.1:11434/v1'],
  ['https://gateway/openai/v2', 'https://gateway/openai/v2'],
  ['not a URL', 'not a URL'],
])('%s', (given, expected) => {
  expect(withDefaultPath(given, '/v1')).toBe(expected);
});
