import { expect, test } from 'vitest';
import { type MessageEnd, messageMeter } from './message-meter.ts';

const limits = { maxMessageBytes: 1_000, maxStructureBytes: 50 };

/** True when the text is refused, in one piece and in pieces of one byte alike. */
function refuses(text: string, end: MessageEnd = 'none'): boolean {
  const bytes = Buffer.from(text);
  const [whole, single] = [[bytes], [...bytes].map((byte) => Buffer.from([byte]))].map((pieces) => {
    const meter = messageMeter(limits, end);
    try {
      for (const piece of pieces) meter.count(piece);
      return false;
    } catch (error) {
      expect(error).toMatchObject({ name: 'ToolError', kind: 'failed' });
      return true;
    }
  });
  expect(single).toBe(whole);
  return whole === true;
}

const lists = '[],'.repeat(20);

test.each([
  ['a long text', `{"a": "${'[],'.repeat(200)}"}`],
  ['escaped quotes', `["${'\\"[],'.repeat(100)}"]`],
  ['escaped backslashes', `["${'\\\\'.repeat(200)}", "${'[],'.repeat(100)}"]`],
  ['space', `[${' \t\r\n'.repeat(200)}]`],
])('%s counts little', (_, text) => {
  expect(refuses(text)).toBe(false);
});

test.each([
  ['lists', `[${lists}]`],
  ['short texts', `[${'"",'.repeat(30)}]`],
  ['keys', `{${'"a":1,'.repeat(20)}}`],
  ['lists after a text that ends in a backslash', `["\\\\",${lists}]`],
  ['lists between blank lines', `[${'[],\n\n'.repeat(20)}]`],
])('%s count', (_, text) => {
  expect(refuses(text)).toBe(true);
});

test('more bytes than a message may have', () => {
  expect(refuses(`"${'a'.repeat(998)}"`)).toBe(false);
  expect(refuses(`"${'a'.repeat(999)}"`)).toBe(true);
  expect(refuses('\n'.repeat(1_001))).toBe(true);
});

test.each(['\n', '\r\n'])('every event counts for itself (%j)', (line) => {
  const event = `event: message${line}data: [${'[],'.repeat(5)}"${'a'.repeat(200)}"]${line}`;
  expect(refuses(`${event}${line}`.repeat(50), 'event')).toBe(false);
  expect(refuses(event.repeat(50), 'event')).toBe(true);
});

test.each([
  ['a quote in the line before', `id: "\ndata: [${lists}]\n\n`],
  ['a quote in the line before, which ends in CR', `id: "\rdata: [${lists}]\n\n`],
  ['a backslash at the end of the line before', `id: "\\\rdata: [${lists}]\n\n`],
  ['lines that look empty', `${'data: [],\n\r\r\n'.repeat(20)}\n`],
  ['a comment between', `${'data: [],\n:\n'.repeat(20)}\n`],
])('%s hides no lists of an event', (_, text) => {
  expect(refuses(text, 'event')).toBe(true);
});

test('every line counts for itself', () => {
  expect(refuses('[[],[],[]]\n'.repeat(500), 'line')).toBe(false);
  expect(refuses(`[${lists}]\n`, 'line')).toBe(true);
});
