import { estimateTokenCount } from 'tokenx';
import type { ChatMessage, ContentPart } from './chat-model.ts';

/**
 * Tokens of a text, estimated within a few per cent. The exact count needs each model's own vocabulary: gpt-tokenizer
 * costs 80 MB and 134 ms of blocking load, and is exact for OpenAI only.
 */
export function countTokens(text: string): number {
  return estimateTokenCount(text);
}

/** Tokens of a prompt: each message costs 3 more than its text, the answer's start 3 (OpenAI's cookbook). */
export function countMessages(messages: readonly ChatMessage[]): number {
  let total = 3;
  for (const { content } of messages) {
    total += 3;
    if (typeof content === 'string') total += countTokens(content);
    else for (const part of content) total += countPart(part);
  }
  return total;
}

/** A file's size in tokens is known to its provider only: OpenAI's cost of a low and of a 1024×1024 image. */
function countPart(part: ContentPart): number {
  if (part.kind === 'text') return countTokens(part.text);
  return part.kind === 'image' && part.detail === 'low' ? 85 : 765;
}
