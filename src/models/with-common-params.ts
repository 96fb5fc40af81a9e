import type { ChatModel } from './chat-model.ts';

const common = new Set([
  'temperature',
  'top_p',
  'max_tokens',
  'presence_penalty',
  'frequency_penalty',
  'seed',
  'stop',
  'response_format',
  'json_schema',
]);

/**
 * `model` as stand-in for a model of another provider: only the parameters that every provider knows reach it, since
 * providers answer 400 to one another's own (`enable_search`, `repetition_penalty`, `top_k`).
 */
export function withCommonParams(model: ChatModel): ChatModel {
  return {
    provider: model.provider,
    name: model.name,
    contextWindow: model.contextWindow,
    chat(request, onDelta, options) {
      const params = Object.fromEntries(Object.entries(request.params).filter(([name]) => common.has(name)));
      return model.chat({ ...request, params }, onDelta, options);
    },
  };
}
