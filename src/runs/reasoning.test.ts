import { describe, expect, test } from 'vitest';
import { ReasoningSplitter, reasoningOf, withoutReasoning } from './reasoning.ts';

const answers: [name: string, answer: string, text: string, reasoning: string][] = [
  ['no reasoning', 'a < b', 'a < b', ''],
  ['reasoning first', '<think>\nhm\n</think>yes', 'yes', 'hm'],
  ['reasoning in between', 'a <think>hm</think>b', 'a b', 'hm'],
  ['twice', '<think>1</think>a<think>2</think>b', 'ab', '1\n2'],
  ['never closed', 'a<think>hm', 'a', 'hm'],
  ['never closed, with the beginning of an end', 'a<think>\nhm\n</thi', 'a', 'hm\n</thi'],
  ['no reasoning but a beginning of the tag', 'a<thi', 'a<thi', ''],
  ['a tag after its own beginning', '<thi<think>hm</thi</think>a', '<thia', 'hm</thi'],
  ['a tag in a tag', 'a<think>1<think>2</think>b', 'ab', '1<think>2'],
  ['a tag around a block', '<thi<think>hm</think>nk>a', '<think>a', 'hm'],
  ['a closing tag alone', 'a</think>b', 'a</think>b', ''],
  ['white space after a block', '<think>hm</think>\n\n\u00a0a\n b', 'a\n b', 'hm'],
  ['white space between blocks', '<think>1</think> \n<think>2</think> a', 'a', '1\n2'],
  ['more newlines than the tags have', '<think>\n\n1\n\n2\n\n</think>a', 'a', '\n1\n\n2\n'],
  ['one newline for two tags', '<think>\n</think>a', 'a', ''],
  ['nothing in between', '<think></think>a<think>\n\n</think>b<think>\nhm\n</think>c', 'abc', 'hm'],
  ['an open tag alone', 'a<think>', 'a', ''],
  ['empty', '', '', ''],
];

function joined(pieces: readonly string[], splitter = new ReasoningSplitter()) {
  const parts = [...pieces.map((piece) => splitter.add(piece)), splitter.end()];
  return {
    text: parts.map((part) => part.text).join(''),
    reasoning: parts.map((part) => part.reasoning).join(''),
  };
}

describe.each(answers)('%s', (_, answer, text, reasoning) => {
  test('whole', () => {
    expect(withoutReasoning(answer)).toBe(text);
    expect(reasoningOf(answer)).toBe(reasoning);
  });

  test.each([1, 2, 3, 7, 100])('in pieces of %i', (size) => {
    const pieces: string[] = [];
    for (let at = 0; at < answer.length; at += size) pieces.push(answer.slice(at, at + size));
    const splitter = new ReasoningSplitter();
    expect(joined(pieces, splitter)).toEqual({ text, reasoning });
    expect(joined(['anew<think>', '\nhm'], splitter)).toEqual({ text: 'anew', reasoning: 'hm' });
  });
});

test('what can be no tag is passed on at once', () => {
  const splitter = new ReasoningSplitter();
  const steps: [piece: string, text: string, reasoning: string][] = [
    ['a <b', 'a <b', ''],
    [' <', ' ', ''],
    ['c', '<c', ''],
    ['<think>', '', ''],
    ['\n', '', ''],
    ['one\n', '', 'one'],
    ['two</', '', '\ntwo'],
    ['b', '', '</b'],
    ['</think>', '', ''],
    [' ', '', ''],
    [' d', 'd', ''],
    ['<think>three', '', '\nthree'],
  ];
  for (const [piece, text, reasoning] of steps) expect(splitter.add(piece)).toEqual({ text, reasoning });
});

test('wherever the pieces break, they make the same', () => {
  const random = seeded(20_260);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const bits = [
    '<think>',
    '</think>',
    '<think>\n',
    '\n</think>',
    '\n',
    ' ',
    'a',
    '<',
    '</',
    'think>',
    '<thi',
    'é',
  ];
  for (let round = 0; round < 20_000; round++) {
    const answer = Array.from({ length: Math.floor(random() * 14) }, () => pick(bits)).join('');
    const pieces: string[] = [];
    for (let at = 0; at < answer.length; ) {
      const size = Math.floor(random() * 9);
      pieces.push(answer.slice(at, at + size));
      at += size;
    }
    const whole = { text: withoutReasoning(answer), reasoning: reasoningOf(answer) };
    expect(joined([answer]), JSON.stringify(answer)).toEqual(whole);
    expect(joined(pieces), JSON.stringify(pieces)).toEqual(whole);
  }
});

/** Random numbers that are the same in every run (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}
