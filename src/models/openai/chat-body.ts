import type { ChatRequest, ToolSpec } from '../chat-model.ts';
import { type ResponseFormat, responseFormat } from '../response-format.ts';
import { stopSequences } from '../stop-sequences.ts';
import { fitReasoningModel } from './fit-reasoning-model.ts';
import { passedParams } from './passed-params.ts';

/** Parameters that this file writes itself, or that would break the call when an app sets them. */
const reserved = new Set([
  'model',
  'messages',
  'tools',
  'functions',
  'stream',
  'stream_options',
  'n',
  'stop',
  'response_format',
  'json_schema',
]);

/**
 * Body of a streamed `/chat/completions` call. `isOpenAI`: the provider is OpenAI, at its own address or behind a
 * gateway, and its reasoning models want another form; other providers may not know that form.
 */
export function chatBody(
  model: string,
  messages: readonly unknown[],
  request: ChatRequest,
  options: { readonly isOpenAI: boolean },
): string {
  const body: Record<string, unknown> = { model, messages, ...passedParams(request.params, reserved) };
  const format = responseFormat(request.params);
  if (format) body.response_format = wireFormat(format);
  const stop = stopSequences(request);
  if (stop.length > 0) body.stop = stop;
  if (request.tools?.length && request.toolChoice !== 'none') body.tools = request.tools.map(wireTool);
  if (options.isOpenAI) fitReasoningModel(model, body);
  body.stream = true;
  body.stream_options = { include_usage: true };
  return JSON.stringify(body);
}

/** `tool_choice` and `parallel_tool_calls` are not sent: their defaults fit, and not every provider knows them. */
function wireTool({ name, description, parameters }: ToolSpec): unknown {
  return { type: 'function', function: { name, description, parameters } };
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
