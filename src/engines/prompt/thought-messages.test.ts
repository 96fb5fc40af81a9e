import { describe, expect, test } from 'vitest';
import type { Thought, ToolUse } from '../../runs/thought.ts';
import { earlierRounds, thoughtMessages } from './thought-messages.ts';

const use = (id: string, given: Partial<ToolUse> = {}): ToolUse => ({
  ...{
    id,
    provider: 'p',
    name: 'lookup',
    label: {},
    arguments: `{"q":"${id}"}`,
    output: `of ${id}`,
    executedBy: 'server',
  },
  ...given,
});
const thought = (text: string, ...uses: readonly ToolUse[]): Thought => {
  return { id: text, position: 1, text, uses, files: [], createdAt: 1 };
};

test('a round is one message of the assistant, and a result for each call', () => {
  const signature = { providerData: { signature: 'c2ln' } };
  expect(
    thoughtMessages(thought('<think>\nhm\n</think>I look.', use('a', signature), use('b', { output: null }))),
  ).toEqual([
    {
      ...{ role: 'assistant', content: 'I look.' },
      toolCalls: [
        { id: 'a', name: 'lookup', arguments: '{"q":"a"}', ...signature },
        { id: 'b', name: 'lookup', arguments: '{"q":"b"}' },
      ],
    },
    { role: 'tool', toolCallId: 'a', name: 'lookup', content: 'of a' },
    { role: 'tool', toolCallId: 'b', name: 'lookup', content: '' },
  ]);
  expect(thoughtMessages(thought('Done.'))).toEqual([{ role: 'assistant', content: 'Done.' }]);
});

describe('rounds of an earlier turn', () => {
  const worked = [thought('I look.', use('a')), thought('It is so.')];

  test('stand before its answer, which is what its last round said', () => {
    expect(earlierRounds(worked, 'I look.\nIt is so.')).toEqual({
      rounds: thoughtMessages(worked[0] as Thought),
      answer: 'It is so.',
    });
  });

  test.each<[string, readonly Thought[], string]>([
    ['that had none', [], 'x'],
    ['that answered at once', [thought('It is so.')], 'It is so.'],
    ['that broke off within its work', [thought('I look.', use('a'))], 'I look.'],
    [
      'whose last round called',
      [thought('I look.', use('a')), thought('Again.', use('b'))],
      'I look.\nAgain.',
    ],
    [
      'in which a call was never answered',
      [thought('I look.', use('a', { output: null })), thought('So.')],
      'I look.\nSo.',
    ],
    ['whose answer was replaced', worked, 'Not with me.'],
    ['whose last round said nothing', [thought('I look.', use('a')), thought('')], 'I look.'],
    [
      'whose last round only reasoned',
      [thought('I look.', use('a')), thought('<think>\nx\n</think>')],
      'I look.\n<think>\nx\n</think>',
    ],
    ['with a round that called nothing', [thought('Hm.'), thought('So.')], 'Hm.\nSo.'],
  ])('%s are left out', (_, thoughts, answer) => {
    expect(earlierRounds(thoughts, answer)).toBeNull();
  });
});
