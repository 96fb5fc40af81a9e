import { expect, test } from 'vitest';
import { ChatReader } from './chat-reader.ts';

function read(...choices: object[]): { readonly words: string[]; readonly endings: boolean[] } {
  const words: string[] = [];
  let asked = false;
  const reader = new ChatReader((delta) => words.push(delta.text), []);
  reader.start(200, { 'content-type': 'text/event-stream' }, () => {
    asked = true;
  });
  const endings = choices.map((chunk) => {
    asked = false;
    reader.data(Buffer.from(`: keep-alive\n\ndata: ${JSON.stringify(chunk)}\n\n: keep-alive\n\n`));
    return asked;
  });
  return { words, endings };
}

const piece = (content: string, finish_reason: string | null = null) => ({
  choices: [{ index: 0, delta: { content }, finish_reason }],
});

test('a finish reason asks for the end; neither usage, comments nor empty pieces put it off', () => {
  const usage = { choices: [], usage: { prompt_tokens: 1, completion_tokens: 1 } };
  expect(read(piece('a'), piece('', 'stop'), usage, piece(''), piece('', 'stop'), {}).endings).toEqual([
    false,
    true,
    false,
    false,
    false,
    false,
  ]);
});

test('words after a finish reason put it off', () => {
  expect(read(piece('a', 'stop'), piece('b', 'stop'), piece('c'))).toEqual({
    words: ['a', 'b', 'c'],
    endings: [true, true, true],
  });
});

test('a choice that is not the first ends nothing', () => {
  expect(read({ choices: [{ index: 1, delta: {}, finish_reason: 'stop' }] }).endings).toEqual([false]);
});
