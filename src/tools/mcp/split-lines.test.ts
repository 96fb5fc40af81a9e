import { expect, test } from 'vitest';
import { splitLines } from './split-lines.ts';

function linesOf(pieces: readonly (string | Buffer)[], maxBytes = 100): string[] {
  const lines: string[] = [];
  const read = splitLines(maxBytes, (line) => lines.push(line));
  for (const piece of pieces) read(Buffer.from(piece));
  return lines;
}

test.each([
  [['a\nb\n'], ['a', 'b']],
  [
    ['a', 'b\nc', '\n'],
    ['ab', 'c'],
  ],
  [
    ['\n\n', 'x'],
    ['', ''],
  ],
  [[Buffer.from('ü\n').subarray(0, 1), Buffer.from('ü\n').subarray(1)], ['ü']],
])('%j', (pieces, lines) => {
  expect(linesOf(pieces)).toEqual(lines);
});

test('bounds a line, and not all of them together', () => {
  expect(linesOf(Array(50).fill('12345678\n'), 8)).toHaveLength(50);
  expect(() => linesOf(['12345', '6789'], 8)).toThrow(RangeError);
});
