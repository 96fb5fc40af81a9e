import type { ChatMessage, ContentPart } from '../chat-model.ts';
import { contentByUrl } from '../content-by-url.ts';

/**
 * Messages in OpenAI's form; files are read here and nowhere else.
 *
 * @throws ParleyError `invalid_param` for a URL of anything but an image.
 */
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
