import type { ChatMessage, ToolCall } from '../../../src/models/chat-model.ts';
import type { ChatOutcome } from '../models/ask-chat-model.ts';

/**
 * `messages`, what a model said to them, and a result for each of its calls: `result of <id>`. The calls have been
 * through JSON, as an engine may keep them.
 */
export function answerToolCalls(
  messages: readonly ChatMessage[],
  { result, text }: ChatOutcome,
): ChatMessage[] {
  const toolCalls = JSON.parse(JSON.stringify(result?.toolCalls ?? [])) as ToolCall[];
  return [
    ...messages,
    { role: 'assistant', content: text, toolCalls },
    ...toolCalls.map(({ id, name }): ChatMessage => {
      return { role: 'tool', toolCallId: id, name, content: `result of ${id}` };
    }),
  ];
}
