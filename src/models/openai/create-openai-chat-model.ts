import type { ChatDelta, ChatModel, ChatRequest, ChatResult } from '../chat-model.ts';
import { withUniqueIds } from '../with-unique-ids.ts';
import { chatBody } from './chat-body.ts';
import { toOpenAIMessages } from './messages.ts';
import { streamAnswer } from './stream-answer.ts';
import type { UpstreamEndpoint } from './upstream-endpoint.ts';

/** A chat model behind `POST {base}/chat/completions`, as OpenAI and most others speak it. */
export function createOpenAIChatModel(
  endpoint: UpstreamEndpoint,
  model: { readonly provider: string; readonly name: string; readonly contextWindow: number },
  options: { readonly isOpenAI: boolean },
): ChatModel {
  return {
    ...model,
    async chat(
      request: ChatRequest,
      onDelta: (delta: ChatDelta) => void,
      { signal }: { readonly signal: AbortSignal },
    ): Promise<ChatResult> {
      signal.throwIfAborted();
      const messages = await toOpenAIMessages(request.messages);
      const body = chatBody(model.name, messages, request, options);
      const result = await streamAnswer(endpoint, '/chat/completions', body, onDelta, signal);
      return { ...result, toolCalls: withUniqueIds(result.toolCalls, request.messages) };
    },
  };
}
