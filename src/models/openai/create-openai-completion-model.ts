import type { ChatDelta, ChatModel, ChatRequest, ChatResult } from '../chat-model.ts';
import { completionBody } from './completion-body.ts';
import { streamAnswer } from './stream-answer.ts';
import type { UpstreamEndpoint } from './upstream-endpoint.ts';

/**
 * A text-completion model (`model.mode: completion` of a DSL) behind `POST {base}/completions`. That protocol has no
 * tools: those of a request are ignored, and of calls and results in its messages the text goes on.
 */
export function createOpenAICompletionModel(
  endpoint: UpstreamEndpoint,
  model: { readonly provider: string; readonly name: string; readonly contextWindow: number },
): ChatModel {
  return {
    ...model,
    async chat(
      request: ChatRequest,
      onDelta: (delta: ChatDelta) => void,
      { signal }: { readonly signal: AbortSignal },
    ): Promise<ChatResult> {
      signal.throwIfAborted();
      return streamAnswer(endpoint, '/completions', completionBody(model.name, request), onDelta, signal);
    },
  };
}
