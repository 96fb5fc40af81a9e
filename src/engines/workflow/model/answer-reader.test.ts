import { describe, expect, test } from 'vitest';
import type { ChatDelta } from '../../../models/chat-model.ts';
import { AnswerReader, type ReasoningFormat } from './answer-reader.ts';

function read(format: ReasoningFormat, deltas: readonly (string | ChatDelta)[]) {
  const reader = new AnswerReader(format);
  let shown = '';
  let thought = '';
  for (const piece of [
    ...deltas.map((delta) => reader.add(typeof delta === 'string' ? { kind: 'text', text: delta } : delta)),
    reader.end(),
  ]) {
    shown += piece.text;
    thought += piece.reasoning;
  }
  return { shown, thought, text: reader.text, reasoning: reader.reasoning };
}

/** However an answer is cut into pieces, what comes of it is the same. */
function readInAllPieces(answer: string) {
  const whole = read('separated', [answer]);
  expect(read('separated', [...answer])).toEqual(whole);
  for (let at = 1; at < answer.length; at += 1) {
    expect(read('separated', [answer.slice(0, at), answer.slice(at)]), `cut at ${at}`).toEqual(whole);
  }
  return whole;
}

describe('separated', () => {
  test.each([
    ['<think>a</think>b', 'b', 'a'],
    ['<think>\na\n</think>\n\n b', 'b', 'a'],
    ['<THINK class="x y"\n>a</ThInK>b', 'b', 'a'],
    ['x<think>a</think>y<think >b</think>z', 'xyz', 'a\nb'],
    ['x <think>never closed', 'x', 'never closed'],
    ['<thinker>a</thinker> < b <', '<thinker>a</thinker> < b <', ''],
    ['<think', '<think', ''],
    ['a<think b', 'a<think b', ''],
    [`<think ${'x'.repeat(512)}>a</think>b`, 'b', 'a'],
    [`<think ${'x'.repeat(513)}>a`, `<think ${'x'.repeat(513)}>a`, ''],
    ['\n\n  text  ', 'text', ''],
    ['<think></think>b', 'b', ''],
    ['a</think>b', 'a</think>b', ''],
  ])('%j', (answer, text, reasoning) => {
    const all = readInAllPieces(answer);
    expect([all.text, all.reasoning]).toEqual([text, reasoning]);
    expect([all.shown.trimEnd(), all.thought.trim()]).toEqual([text, reasoning]);
  });

  test('blank lines that it leaves are one', () => {
    const { text, shown } = read('separated', ['a\n\n', ' \n\nb\n\n\n']);
    expect([text, shown]).toEqual(['a\n\nb', 'a\n\n \n\nb\n\n\n']);
  });

  test('reasoning that the model tells apart, before and between words', () => {
    const all = read('separated', [
      { kind: 'reasoning', text: 'one' },
      'A',
      { kind: 'reasoning', text: 'two' },
      { kind: 'text', text: 'B' },
      { kind: 'reasoning', text: 'three' },
    ]);
    expect(all).toEqual({
      shown: 'AB',
      thought: 'one\ntwo\nthree',
      text: 'AB',
      reasoning: 'one\ntwo\nthree',
    });
  });

  test('white space between them is of the text', () => {
    const all = read('separated', [
      '\n',
      { kind: 'reasoning', text: 'one' },
      '\nA',
      { kind: 'reasoning', text: 'two' },
      { kind: 'reasoning', text: ' more' },
      '',
      { kind: 'reasoning', text: '' },
      '\n\nB<think>three</think>C',
      { kind: 'reasoning', text: 'four' },
      ' D',
      { kind: 'reasoning', text: '' },
    ]);
    const [text, reasoning] = ['A\n\nBC D', 'one\ntwo more\nthree\nfour'];
    expect(all).toEqual({ shown: text, thought: reasoning, text, reasoning });
  });

  test('text is not held back longer than it may be a tag', () => {
    const reader = new AnswerReader('separated');
    expect(reader.add({ kind: 'text', text: 'a <' }).text).toBe('a ');
    expect(reader.add({ kind: 'text', text: 'thin' }).text).toBe('');
    expect(reader.add({ kind: 'text', text: ' ice' }).text).toBe('<thin ice');
    expect(reader.add({ kind: 'text', text: `<think ${'x'.repeat(600)}` }).text).toHaveLength(607);
  });
});

describe('tagged', () => {
  test('everything stays as it is, reasoning between tags', () => {
    const answer = '\n<THINK a="b">x</think>\n\n\n\n y ';
    expect(read('tagged', [...answer])).toEqual({ shown: answer, thought: '', text: answer, reasoning: '' });
    const text = '<think>\none\n</think>A<think>\ntwo\n</think>';
    const deltas = [
      { kind: 'reasoning', text: 'o' },
      { kind: 'reasoning', text: 'ne' },
      { kind: 'text', text: 'A' },
      { kind: 'reasoning', text: 'two' },
    ] as const;
    expect(read('tagged', deltas)).toEqual({ shown: text, thought: '', text, reasoning: '' });
  });
});

// With anything that grows with the square of the length these would not end.
test('a long answer full of what may be tags', () => {
  const pieces = Array.from({ length: 200_000 }, () => '<think <');
  expect(read('separated', pieces).text).toHaveLength(200_000 * 8);
  const blank = '\n '.repeat(500_000);
  expect(read('separated', [blank, 'x', blank]).text).toBe('x');
});
