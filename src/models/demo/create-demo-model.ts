import type { ChatModel, ChatRequest, ChatResult } from '../chat-model.ts';
import { countMessages, countTokens, countToolCall, countTools } from '../count-tokens.ts';
import { type DemoReply, demoReply } from './demo-reply.ts';

/**
 * The built-in model that needs no network: it answers while no provider is configured, word by word, and calls the
 * tools that a question names.
 */
export function createDemoModel(options: { readonly delayMs?: number } = {}): ChatModel {
  const delayMs = options.delayMs ?? 15;
  return {
    provider: 'demo',
    name: 'demo',
    contextWindow: 128_000,
    chat(request, onDelta, { signal }) {
      return new Promise<ChatResult>((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        const reply = demoReply(request);
        const words = ('text' in reply ? reply.text : '').match(/\S+\s*/g) ?? [];
        let next = 0;
        const onAbort = () => {
          clearTimeout(timer);
          reject(signal.reason);
        };
        const step = () => {
          const text = words[next++];
          if (text !== undefined) {
            timer = setTimeout(step, delayMs);
            try {
              onDelta({ kind: 'text', text });
            } catch (error) {
              clearTimeout(timer);
              signal.removeEventListener('abort', onAbort);
              reject(error);
            }
            return;
          }
          signal.removeEventListener('abort', onAbort);
          resolve(toResult(request, reply));
        };
        let timer = setTimeout(step, delayMs);
        signal.addEventListener('abort', onAbort, { once: true });
      });
    },
  };
}

function toResult({ messages, tools = [] }: ChatRequest, reply: DemoReply): ChatResult {
  const promptTokens = countMessages(messages) + countTools(tools);
  if ('text' in reply) {
    const usage = { promptTokens, completionTokens: countTokens(reply.text) };
    return { finishReason: 'stop', usage, toolCalls: [] };
  }
  const usage = { promptTokens, completionTokens: countToolCall(reply.toolCall) };
  return { finishReason: 'tool_calls', usage, toolCalls: [reply.toolCall] };
}
