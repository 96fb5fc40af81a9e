import { expect, test } from 'vitest';
import { readDsl } from '../apps/dsl/read-dsl.ts';

/** Each right side is what PyYAML's `safe_load` gives for the text. */
test.each([
  ['08', '08'],
  ['0o17', '0o17'],
  ['1e5', '1e5'],
  ['1.5e3', '1.5e3'],
  ['1.5e+3', 1500],
  ['1.5', 1.5],
  ['.5', 0.5],
  ['-7', -7],
  ['0', 0],
  ['0x1F', 31],
  ['yes', true],
  ['Off', false],
  ['y', 'y'],
  ['n', 'n'],
  ['true', true],
  ['~', null],
  ['null', null],
  ["'yes'", 'yes'],
  ['0.3.0', '0.3.0'],
])('%s', (text, value) => {
  expect(readDsl(`v: ${text}`, 'f').root).toEqual({ v: value });
});

test('of two equal keys the last one counts, and merge keys merge', () => {
  const source = 'base: &b { x: 1, y: 1 }\nv: { <<: *b, y: 2 }\nk: 1\nk: 2';
  expect(readDsl(source, 'f').root).toMatchObject({ v: { x: 1, y: 2 }, k: 2 });
});
