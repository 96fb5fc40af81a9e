import type { ChatModel, ChatRequest } from '../../models/chat-model.ts';

/** The least that an answer may have when the prompt leaves hardly any room (`facts/dify-dsl-engine.md` §8.2). */
const MIN_ANSWER_TOKENS = 16;

/** Parameters of a request whose `max_tokens` is no more than a prompt leaves of the model's context. */
export function withinWindow(
  params: ChatRequest['params'],
  model: Pick<ChatModel, 'contextWindow'>,
  promptTokens: number,
): ChatRequest['params'] {
  const left = model.contextWindow - promptTokens;
  const asked = Number(params.max_tokens) || null;
  if (asked === null || asked <= left) return params;
  return { ...params, max_tokens: Math.max(left, MIN_ANSWER_TOKENS) };
}
