import type { ChatMessage } from '../../models/chat-model.ts';
import { withoutReasoning } from '../../runs/reasoning.ts';
import type { Thought, ToolUse } from '../../runs/thought.ts';
import { boundedOutput } from './bounded-output.ts';

/** A round of an agent as its model is told of it: what it said, what it called, and each result. */
export function thoughtMessages({ text, uses }: Thought): ChatMessage[] {
  const content = withoutReasoning(text);
  if (uses.length === 0) return [{ role: 'assistant', content }];
  return [
    {
      role: 'assistant',
      content,
      toolCalls: uses.map(({ id, name, arguments: written, providerData }) => ({
        id,
        name,
        arguments: written,
        ...(providerData === undefined ? {} : { providerData }),
      })),
    },
    ...uses.map((use): ChatMessage => {
      const { id, name } = use;
      return { role: 'tool', toolCallId: id, name, content: outputOf(use) };
    }),
  ];
}

/** Those of the server's own tools have been cut already. */
export function outputOf({ output, executedBy }: ToolUse): string {
  return executedBy === 'caller' ? boundedOutput(output ?? '') : (output ?? '');
}

/**
 * The rounds of an earlier turn before its answer (`facts/dify-dsl-engine.md` §8.4, history). None of a turn that broke off
 * within its work, whose answer is no longer what its last round said, or whose last round said nothing.
 */
export function earlierRounds(
  thoughts: readonly Thought[],
  answer: string,
): { readonly rounds: readonly ChatMessage[]; readonly answer: string } | null {
  const last = thoughts.at(-1);
  if (!last || thoughts.length < 2 || last.uses.length > 0 || !answer.endsWith(last.text)) return null;
  const said = withoutReasoning(last.text);
  if (said === '') return null;
  const rounds = thoughts.slice(0, -1);
  if (rounds.some(({ uses }) => uses.length === 0 || uses.some(({ output }) => output === null))) return null;
  return { rounds: rounds.flatMap(thoughtMessages), answer: said };
}
