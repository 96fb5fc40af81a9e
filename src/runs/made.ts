import type { TurnOutcome } from '../store/finish-turn.ts';
import type { RunFile } from './run-file.ts';
import { messageFilesOf } from './run-file.ts';
import { openThought, type Thought, thoughtRow, withThought } from './thought.ts';

/** What a run has made so far. */
export interface Made {
  readonly answer: string;
  readonly thoughts: readonly Thought[];
  /** Files that the app made. */
  readonly files: readonly RunFile[];
}

export const NOTHING_MADE: Made = { answer: '', thoughts: [], files: [] };

/** More of it: text of the answer or aside, another answer in its place, a thought as it is now, a file. */
export type MadeChange =
  | { readonly kind: 'text' | 'replaced' | 'aside'; readonly text: string }
  | { readonly kind: 'thought'; readonly thought: Thought }
  | { readonly kind: 'file'; readonly file: RunFile };

export function withChange(made: Made, change: MadeChange): Made {
  switch (change.kind) {
    case 'text':
      return { ...made, answer: made.answer + change.text, thoughts: withText(made.thoughts, change.text) };
    case 'aside':
      return { ...made, thoughts: withText(made.thoughts, change.text) };
    case 'replaced':
      return { ...made, answer: change.text };
    case 'thought':
      return { ...made, thoughts: withThought(made.thoughts, change.thought) };
    case 'file':
      return { ...made, files: [...made.files, change.file] };
  }
}

function withText(thoughts: readonly Thought[], text: string): readonly Thought[] {
  const open = openThought(thoughts);
  return open ? withThought(thoughts, { ...open, text: open.text + text }) : thoughts;
}

/** The same as rows of the turn's message. */
export function madeRows(
  { answer, thoughts, files }: Made,
  message: { readonly appId: string; readonly messageId: string },
): { readonly answer: string } & Required<Pick<TurnOutcome, 'thoughts' | 'files'>> {
  return {
    answer,
    thoughts: thoughts.map((thought) => thoughtRow(thought, message)),
    files: messageFilesOf(files, message, 'assistant'),
  };
}
