import type { ChatRequest, TokenUsage, ToolCall } from './chat-model.ts';
import { countMessages, countTokens, countToolCall, countTools } from './count-tokens.ts';

/** Tokens of a call whose provider has reported none: of what was asked, and what was answered by then. */
export function countUsage(
  request: ChatRequest,
  answer: string,
  toolCalls: readonly ToolCall[] = [],
): TokenUsage {
  return {
    promptTokens: countMessages(request.messages) + countTools(request.tools ?? []),
    completionTokens: toolCalls.reduce(
      (total, call) => total + countToolCall(call),
      answer === '' ? 0 : countTokens(answer),
    ),
  };
}
