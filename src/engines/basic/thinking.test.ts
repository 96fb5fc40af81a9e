import { describe, expect, test } from 'vitest';
import { Thinking, ThinkingFilter, withoutThinking } from './thinking.ts';

const answers: [string, string, string][] = [
  ['no thoughts', 'a < b', 'a < b'],
  ['thoughts first', '<think>\nhm\n</think>yes', 'yes'],
  ['thoughts in between', 'a <think>hm</think>b', 'a b'],
  ['twice', '<think>1</think>a<think>2</think>b', 'ab'],
  ['never closed', 'a<think>hm', 'a'],
  ['no thoughts but a beginning of the tag', 'a<thi', 'a<thi'],
  ['a tag after its own beginning', '<thi<think>hm</thi</think>a', '<thia'],
  ['empty', '', ''],
];

describe.each(answers)('%s', (_, answer, expected) => {
  test('whole', () => expect(withoutThinking(answer)).toBe(expected));

  test.each([1, 2, 3, 7, 100])('in pieces of %i', (size) => {
    const filter = new ThinkingFilter();
    let passed = '';
    for (let at = 0; at < answer.length; at += size) passed += filter.add(answer.slice(at, at + size));
    expect(passed + filter.end()).toBe(expected);
    expect(filter.add('anew') + filter.end()).toBe('anew');
  });
});

test('what is no tag is passed on at once', () => {
  const filter = new ThinkingFilter();
  expect(filter.add('a <b')).toBe('a <b');
  expect(filter.add(' <')).toBe(' ');
  expect(filter.add('c')).toBe('<c');
});

test('a closing tag alone, and blanks after a block', () => {
  expect(withoutThinking('a</think>b')).toBe('a</think>b');
  expect(withoutThinking('<think>hm</think>\n\n a')).toBe('a');
});

test('reasoning is put between tags, once for each block', () => {
  const thinking = new Thinking();
  const said = [
    thinking.reasoning('a'),
    thinking.reasoning('b'),
    thinking.text('c'),
    thinking.text('d'),
    thinking.reasoning('e'),
    thinking.end(),
    thinking.end(),
  ];
  expect(said).toEqual(['<think>\na', 'b', '\n</think>c', 'd', '<think>\ne', '\n</think>', '']);
});
