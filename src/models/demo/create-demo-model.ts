import type { ChatModel, ChatResult } from '../chat-model.ts';
import { countMessages, countTokens } from '../count-tokens.ts';
import { demoAnswer } from './demo-answer.ts';

/** The built-in model that needs no network: it answers while no provider is configured, word by word. */
export function createDemoModel(options: { readonly delayMs?: number } = {}): ChatModel {
  const delayMs = options.delayMs ?? 15;
  return {
    provider: 'demo',
    name: 'demo',
    contextWindow: 128_000,
    chat(request, onDelta, { signal }) {
      return new Promise<ChatResult>((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        const answer = demoAnswer(request.messages);
        const words = answer.match(/\S+\s*/g) ?? [];
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
          const usage = {
            promptTokens: countMessages(request.messages),
            completionTokens: countTokens(answer),
          };
          resolve({ finishReason: 'stop', usage });
        };
        let timer = setTimeout(step, delayMs);
        signal.addEventListener('abort', onAbort, { once: true });
      });
    },
  };
}
