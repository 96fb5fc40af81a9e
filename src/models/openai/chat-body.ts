import type { ChatRequest } from '../chat-model.ts';
import { type ResponseFormat, responseFormat } from '../response-format.ts';
import { stopSequences } from '../stop-sequences.ts';

/** Parameters that this file writes itself, or that would break the call when an app sets them. */
const reserved = new Set([
  'model',
  'messages',
  'stream',
  'stream_options',
  'n',
  'stop',
  'response_format',
  'json_schema',
]);

/**
 * Body of a streamed `/chat/completions` call. Completion parameters are passed on by name, those without a value
 * are dropped. OpenAI's o-series and gpt-5 models refuse `max_tokens`: on its own host it becomes
 * `max_completion_tokens`; other hosts may not know that word.
 */
export function chatBody(
  model: string,
  messages: readonly unknown[],
  request: ChatRequest,
  options: { readonly isOpenAI: boolean },
): string {
  const body: Record<string, unknown> = { model, messages };
  for (const [name, value] of Object.entries(request.params)) {
    if (value === null || value === undefined || value === '' || reserved.has(name)) continue;
    body[name] = value;
  }
  if (options.isOpenAI && 'max_tokens' in body && /^(o\d|gpt-5)/.test(model)) {
    body.max_completion_tokens ??= body.max_tokens;
    delete body.max_tokens;
  }
  const format = responseFormat(request.params);
  if (format) body.response_format = wireFormat(format);
  const stop = stopSequences(request);
  if (stop.length > 0) body.stop = stop;
  body.stream = true;
  body.stream_options = { include_usage: true };
  return JSON.stringify(body);
}

function wireFormat(format: ResponseFormat): unknown {
  switch (format.kind) {
    case 'text':
      return { type: 'text' };
    case 'json':
      return { type: 'json_object' };
    case 'schema': {
      const { kind: _, ...schema } = format;
      return { type: 'json_schema', json_schema: schema };
    }
  }
}
