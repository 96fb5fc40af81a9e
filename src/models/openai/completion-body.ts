import { invalidParam } from '../../errors.ts';
import type { ChatMessage, ChatRequest } from '../chat-model.ts';
import { stopSequences } from '../stop-sequences.ts';
import { passedParams } from './passed-params.ts';

/** As in `chat-body.ts`; text completion has no response formats, and `best_of` cannot be streamed. */
const reserved = new Set([
  'model',
  'prompt',
  'messages',
  'stream',
  'stream_options',
  'n',
  'best_of',
  'stop',
  'response_format',
  'json_schema',
]);

/**
 * Body of a streamed `/completions` call.
 *
 * @throws ParleyError `invalid_param` when the request holds a file.
 */
export function completionBody(model: string, request: ChatRequest): string {
  const stop = stopSequences(request);
  return JSON.stringify({
    model,
    prompt: request.messages.map(text).join('\n\n'),
    ...passedParams(request.params, reserved),
    ...(stop.length > 0 ? { stop } : {}),
    stream: true,
    stream_options: { include_usage: true },
  });
}

function text({ content }: ChatMessage): string {
  if (typeof content === 'string') return content;
  return content
    .map((part) => {
      if (part.kind === 'text') return part.text;
      throw invalidParam(`${part.filename || 'The file'}: a text completion model cannot read files`);
    })
    .join('');
}
