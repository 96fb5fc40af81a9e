import type { ChatMessage, ContentPart } from '../chat-model.ts';

/** Messages in OpenAI's form; files are read here and nowhere else. */
export async function toOpenAIMessages(messages: readonly ChatMessage[]): Promise<readonly unknown[]> {
  return Promise.all(
    messages.map(async (message) =>
      typeof message.content === 'string'
        ? message
        : { role: message.role, content: await Promise.all(message.content.map(toOpenAIPart)) },
    ),
  );
}

/**
 * `image_url`, `input_audio` and `file` of OpenAI's API reference; `video_url` as Qwen, Zhipu, OpenRouter and vLLM
 * take it. OpenAI reads audio and documents inline only; the URL is passed on for those that read URLs.
 */
async function toOpenAIPart(part: ContentPart): Promise<unknown> {
  if (part.kind === 'text') return { type: 'text', text: part.text };
  switch (part.kind) {
    case 'image':
      return {
        type: 'image_url',
        image_url: { url: await address(part), ...(part.detail ? { detail: part.detail } : {}) },
      };
    case 'video':
      return { type: 'video_url', video_url: { url: await address(part) } };
    case 'audio':
      return {
        type: 'input_audio',
        input_audio: {
          data: 'url' in part.source ? part.source.url : base64(await part.source.read()),
          format: audioFormat(part.mimeType),
        },
      };
    case 'document':
      return { type: 'file', file: { filename: part.filename, file_data: await address(part) } };
  }
}

async function address(part: Exclude<ContentPart, { kind: 'text' }>): Promise<string> {
  if ('url' in part.source) return part.source.url;
  return `data:${part.mimeType};base64,${base64(await part.source.read())}`;
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
