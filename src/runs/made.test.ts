import { expect, test } from 'vitest';
import { type Made, type MadeChange, madeRows, NOTHING_MADE, withChange } from './made.ts';
import type { RunFile } from './run-file.ts';
import type { Thought } from './thought.ts';

const thought = (id: string, position: number, text = ''): Thought => {
  return { id, position, text, uses: [], files: [], createdAt: 1 };
};
const file = (id: string): RunFile => ({
  ...{ id, type: 'image', transferMethod: 'tool_file', uploadId: `upload of ${id}`, url: null },
  ...{ filename: `${id}.png`, extension: 'png', mimeType: 'image/png', size: 3 },
});
const made = (...changes: readonly MadeChange[]): Made => changes.reduce(withChange, NOTHING_MADE);

test('text adds up, and another answer comes in its place', () => {
  expect(made({ kind: 'text', text: 'a' }, { kind: 'text', text: 'b' }).answer).toBe('ab');
  const replaced = made(
    { kind: 'text', text: 'a' },
    { kind: 'replaced', text: 'no' },
    { kind: 'text', text: '!' },
  );
  expect(replaced.answer).toBe('no!');
});

test('thoughts are kept as they are now, files in the order they were made', () => {
  const [early, late] = [thought('t1', 1), thought('t1', 1, 'done')];
  const changes: MadeChange[] = [
    { kind: 'thought', thought: early },
    { kind: 'file', file: file('a') },
    { kind: 'thought', thought: thought('t2', 2) },
    { kind: 'file', file: file('b') },
    { kind: 'thought', thought: late },
  ];
  expect(made(...changes)).toEqual({
    answer: '',
    thoughts: [late, thought('t2', 2)],
    files: [file('a'), file('b')],
  });
  expect(NOTHING_MADE).toEqual({ answer: '', thoughts: [], files: [] });
});

test('rows belong to the message, and files to the assistant', () => {
  const whole = made({ kind: 'thought', thought: thought('t1', 1, 'x') }, { kind: 'file', file: file('a') });
  expect(madeRows({ ...whole, answer: 'A' }, { appId: 'app', messageId: 'm' })).toEqual({
    answer: 'A',
    thoughts: [
      {
        id: 't1',
        app_id: 'app',
        message_id: 'm',
        position: 1,
        text: 'x',
        uses: '[]',
        files: '[]',
        created_at: 1,
      },
    ],
    files: [
      {
        ...{
          id: 'a',
          app_id: 'app',
          message_id: 'm',
          file_id: 'upload of a',
          type: 'image',
          url: null,
          size: 3,
        },
        ...{ transfer_method: 'tool_file', filename: 'a.png', mime_type: 'image/png' },
        ...{ belongs_to: 'assistant', position: 0 },
      },
    ],
  });
});
