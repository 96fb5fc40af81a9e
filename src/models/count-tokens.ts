import { estimateTokenCount } from 'tokenx';
import type { ChatMessage, ContentPart, ToolCall, ToolSpec } from './chat-model.ts';
import { upstreamLimits } from './upstream-limits.ts';

const samples = 20;

/**
 * Tokens of a text, estimated within a few per cent. The exact count needs each model's own vocabulary: gpt-tokenizer
 * costs 80 MB and 134 ms of blocking load, and is exact for OpenAI only.
 *
 * Of a text beyond 100,000 characters only 20 evenly spread samples of 5,000 are counted and taken for the whole, so
 * that no text blocks the process for longer than one of that length. That stays within a few per cent too, unless
 * what costs more than the rest stands between the samples.
 */
export function countTokens(text: string): number {
  return text.length <= upstreamLimits.maxCountedChars ? estimateTokenCount(text) : estimateFromSamples(text);
}

function estimateFromSamples(text: string): number {
  const length = upstreamLimits.maxCountedChars / samples;
  const step = (text.length - length) / (samples - 1);
  let tokens = 0;
  for (let i = 0; i < samples; i++) {
    const start = Math.round(i * step);
    tokens += estimateTokenCount(text.slice(start, start + length));
  }
  return Math.round((tokens / upstreamLimits.maxCountedChars) * text.length);
}

/**
 * Tokens of a prompt: each message costs 3 more than its text, the answer's start 3 (OpenAI's cookbook), and a tool call
 * as much more than its name and arguments. What goes back with a call for its provider alone is not counted.
 */
export function countMessages(messages: readonly ChatMessage[]): number {
  let total = 3;
  for (const message of messages) {
    total += 3;
    if (typeof message.content === 'string') total += countTokens(message.content);
    else for (const part of message.content) total += countPart(part);
    if (message.role === 'assistant')
      for (const call of message.toolCalls ?? []) total += countToolCall(call);
  }
  return total;
}

export function countToolCall(call: ToolCall): number {
  return 3 + countTokens(call.name) + countTokens(call.arguments);
}

/**
 * Tokens that offering `tools` adds to a prompt: 12, and for each tool 7 and its texts (OpenAI's cookbook, but for the
 * parameters: each provider lays them out in its own way, none of them longer than JSON).
 */
export function countTools(tools: readonly ToolSpec[]): number {
  if (tools.length === 0) return 0;
  return tools.reduce(
    (total, { name, description, parameters }) =>
      total + 7 + countTokens(`${name}:${description}`) + countTokens(JSON.stringify(parameters)),
    12,
  );
}

/** A file's size in tokens is known to its provider only: OpenAI's cost of a low and of a 1024×1024 image. */
function countPart(part: ContentPart): number {
  if (part.kind === 'text') return countTokens(part.text);
  return part.kind === 'image' && part.detail === 'low' ? 85 : 765;
}
