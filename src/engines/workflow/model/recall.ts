import type { ChatMessage, ChatModel } from '../../../models/chat-model.ts';
import { countMessages } from '../../../models/count-tokens.ts';
import { tokensForAnswer } from '../../prompt/tokens-for-answer.ts';
import type { WorkflowHistory } from '../workflow-services.ts';

export interface RecallOptions {
  /** Turns at most; null: as many as there is room for. */
  readonly turns: number | null;
  readonly model: ChatModel;
  readonly params: Readonly<Record<string, unknown>>;
  /** The prompt without what is remembered. */
  readonly prompt: readonly ChatMessage[];
}

/** What a node remembers of its conversation: as much as its model's context holds beside the prompt and an answer. */
export async function recall(
  history: WorkflowHistory,
  { turns, model, params, prompt }: RecallOptions,
): Promise<ChatMessage[]> {
  const maxTokens = Number(params.max_tokens) || null;
  const room = model.contextWindow - tokensForAnswer(model, maxTokens) - countMessages(prompt);
  return history.within({ turns, maxTokens: Math.max(room, 0) });
}
