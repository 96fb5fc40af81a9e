import type {
  LanguageModelV3Message,
  LanguageModelV3ReasoningPart,
  LanguageModelV3ToolCallPart,
} from '@ai-sdk/provider';
import type { ToolCall } from '../chat-model.ts';
import { replayedArguments } from '../replayed-arguments.ts';
import { providerData } from './provider-data.ts';

type AssistantParts = Extract<LanguageModelV3Message, { role: 'assistant' }>['content'];

/**
 * An assistant's message in the AI SDK's form: the thoughts before the first call, the text, the calls with the
 * thoughts between them, which is the order in which Claude wrote them. A text of nothing beside calls is left out,
 * since Claude refuses empty blocks.
 */
export function assistantParts(text: string, toolCalls: readonly ToolCall[]): AssistantParts {
  if (toolCalls.length === 0) return [{ type: 'text', text }];
  const parts: AssistantParts = [];
  for (const [position, toolCall] of toolCalls.entries()) {
    parts.push(...thoughtsBefore(toolCall));
    if (position === 0 && text !== '') parts.push({ type: 'text', text });
    parts.push(callPart(toolCall));
  }
  return parts;
}

function thoughtsBefore(toolCall: ToolCall): LanguageModelV3ReasoningPart[] {
  const { reasoning = [] } = providerData(toolCall);
  return reasoning.map(({ text, metadata }) => ({ type: 'reasoning', text, providerOptions: metadata }));
}

function callPart(toolCall: ToolCall): LanguageModelV3ToolCallPart {
  const { metadata } = providerData(toolCall);
  return {
    type: 'tool-call',
    toolCallId: toolCall.id,
    toolName: toolCall.name,
    input: replayedArguments(toolCall.arguments),
    ...(metadata === undefined ? {} : { providerOptions: metadata }),
  };
}
