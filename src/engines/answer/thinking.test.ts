import { expect, test } from 'vitest';
import { reasoningOf, withoutReasoning } from '../../runs/reasoning.ts';
import { Thinking } from './thinking.ts';

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
  expect(withoutReasoning(said.join(''))).toBe('cd');
  expect(reasoningOf(said.join(''))).toBe('ab\ne');
});
