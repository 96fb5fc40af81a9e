import type { ChatMessage, ContentPart, ToolCall } from '../chat-model.ts';
import { contentByUrl } from '../content-by-url.ts';
import { parseToolArguments } from '../parse-tool-arguments.ts';
import { replayedArguments } from '../replayed-arguments.ts';
import { sentBack } from './sent-back.ts';

/**
 * Messages in OpenAI's form; files are read here and nowhere else.
 *
 * @throws ParleyError `invalid_param` for a URL of anything but an image.
 */
export async function toOpenAIMessages(messages: readonly ChatMessage[]): Promise<readonly unknown[]> {
  return messages.every(isPlain) ? messages : Promise.all(messages.map(toOpenAIMessage));
}

/** True for what has OpenAI's form already, as all messages of most requests. */
function isPlain(message: ChatMessage): boolean {
  return typeof message.content === 'string' && message.role !== 'tool' && !('toolCalls' in message);
}

/**
 * A result goes without its tool's name: OpenAI's schema has none there, and strict gateways refuse it. It is found by
 * its id.
 */
async function toOpenAIMessage(message: ChatMessage): Promise<unknown> {
  switch (message.role) {
    case 'system':
      return message;
    case 'user':
      return typeof message.content === 'string'
        ? message
        : { role: 'user', content: await Promise.all(message.content.map(toOpenAIPart)) };
    case 'assistant':
      return assistantMessage(message.content, message.toolCalls ?? []);
    case 'tool':
      return { role: 'tool', tool_call_id: message.toolCallId, content: message.content };
  }
}

/**
 * A message that has only calls says `""`, not null: OpenAI, DeepSeek, Qwen and vLLM take both, Ollama answers null with
 * 400 (`invalid message content type: <nil>`), and chat templates have written it out as "None".
 */
function assistantMessage(content: string, toolCalls: readonly ToolCall[]): unknown {
  if (toolCalls.length === 0) return { role: 'assistant', content };
  const { reasoning_content, reasoning_details } = sentBack(toolCalls[0]);
  return {
    role: 'assistant',
    content,
    ...(reasoning_content === undefined ? {} : { reasoning_content }),
    ...(reasoning_details === undefined ? {} : { reasoning_details }),
    tool_calls: toolCalls.map(toOpenAIToolCall),
  };
}

/** Arguments go back to the letter if they can, so that the provider finds the prompt in its cache. */
function toOpenAIToolCall(call: ToolCall): unknown {
  const isObject = call.arguments !== '' && parseToolArguments(call.arguments) !== null;
  const { extra_content } = sentBack(call);
  return {
    id: call.id,
    type: 'function',
    function: {
      name: call.name,
      arguments: isObject ? call.arguments : JSON.stringify(replayedArguments(call.arguments)),
    },
    ...(extra_content === undefined ? {} : { extra_content }),
  };
}

/**
 * `image_url`, `input_audio` and `file` of OpenAI's API reference; `video_url` as Qwen, Zhipu, OpenRouter and vLLM
 * take it. Only images may be named by a URL, which the provider fetches.
 */
async function toOpenAIPart(part: ContentPart): Promise<unknown> {
  if (part.kind === 'text') return { type: 'text', text: part.text };
  switch (part.kind) {
    case 'image':
      return {
        type: 'image_url',
        image_url: { url: await imageUrl(part), ...(part.detail ? { detail: part.detail } : {}) },
      };
    case 'video':
      return { type: 'video_url', video_url: { url: dataUrl(part, await content(part)) } };
    case 'audio':
      return {
        type: 'input_audio',
        input_audio: { data: base64(await content(part)), format: audioFormat(part.mimeType) },
      };
    case 'document':
      return {
        type: 'file',
        file: { filename: part.filename, file_data: dataUrl(part, await content(part)) },
      };
  }
}

type FilePart = Exclude<ContentPart, { kind: 'text' }>;

async function imageUrl(part: FilePart): Promise<string> {
  return 'url' in part.source ? part.source.url : dataUrl(part, await part.source.read());
}

async function content(part: FilePart): Promise<Uint8Array> {
  if ('url' in part.source) throw contentByUrl(part);
  return part.source.read();
}

function dataUrl(part: FilePart, data: Uint8Array): string {
  return `data:${part.mimeType};base64,${base64(data)}`;
}

function base64(data: Uint8Array): string {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64');
}

/** OpenAI names formats (`wav`, `mp3`), not media types. */
function audioFormat(mimeType: string): string {
  const subtype = (mimeType.split('/')[1] ?? '').replace(/;.*$/, '').replace(/^x-/, '');
  switch (subtype) {
    case 'mpeg':
    case 'mpga':
      return 'mp3';
    case 'wave':
    case 'vnd.wave':
      return 'wav';
    case 'mp4':
      return 'm4a';
    default:
      return subtype;
  }
}
