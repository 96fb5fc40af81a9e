import type { ChatResult } from './chat-model.ts';

/**
 * The finish reason of an answer, given its tool calls: many providers end an answer that calls tools with `stop` or
 * with a word of their own. One that broke off stays so, and one without calls waits for no results.
 */
export function toolFinish(
  reason: ChatResult['finishReason'],
  toolCalls: ChatResult['toolCalls'],
): ChatResult['finishReason'] {
  if (toolCalls.length === 0) return reason === 'tool_calls' ? 'other' : reason;
  return reason === 'length' || reason === 'content_filter' ? reason : 'tool_calls';
}
