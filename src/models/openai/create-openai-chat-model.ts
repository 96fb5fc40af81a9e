import type { ChatDelta, ChatModel, ChatRequest, ChatResult } from '../chat-model.ts';
import { withRetries } from '../with-retries.ts';
import { chatBody } from './chat-body.ts';
import { ChatReader } from './chat-reader.ts';
import { toOpenAIMessages } from './messages.ts';
import { post } from './post.ts';
import type { UpstreamEndpoint } from './upstream-endpoint.ts';

/** A chat model behind `POST {base}/chat/completions`, as OpenAI and most others speak it. */
export function createOpenAIChatModel(
  endpoint: UpstreamEndpoint,
  model: { readonly provider: string; readonly name: string; readonly contextWindow: number },
): ChatModel {
  const isOpenAI = endpoint.origin === 'https://api.openai.com';

  return {
    ...model,
    async chat(
      request: ChatRequest,
      onDelta: (delta: ChatDelta) => void,
      { signal }: { readonly signal: AbortSignal },
    ): Promise<ChatResult> {
      signal.throwIfAborted();
      const plain = request.messages.every((message) => typeof message.content === 'string');
      const messages = plain ? request.messages : await toOpenAIMessages(request.messages);
      const body = chatBody(model.name, messages, request, { isOpenAI });
      let untouched = true;
      const pass = (delta: ChatDelta) => {
        untouched = false;
        onDelta(delta);
      };
      const attempt = () =>
        post(endpoint, '/chat/completions', body, new ChatReader(pass, endpoint.secrets), signal);
      return withRetries(attempt, { mayRetry: () => untouched, signal });
    },
  };
}
