import type { ChatModel } from '../../models/chat-model.ts';

/** Tokens kept for the answer where the app names no `max_tokens`; of a small window a quarter, so that it remembers. */
const DEFAULT_ANSWER_TOKENS = 2048;

/** Tokens of a model's context that memory must leave for the answer. */
export function tokensForAnswer(model: Pick<ChatModel, 'contextWindow'>, maxTokens: number | null): number {
  return maxTokens ?? Math.min(DEFAULT_ANSWER_TOKENS, Math.floor(model.contextWindow / 4));
}
