import type {
  LanguageModelV3FilePart,
  LanguageModelV3Prompt,
  LanguageModelV3TextPart,
} from '@ai-sdk/provider';
import type { ChatMessage, ContentPart } from '../chat-model.ts';
import { contentByUrl } from '../content-by-url.ts';

/** What a model says it fetches itself: patterns of lower-case URLs by media type (`image/*`, `application/pdf`, `*`). */
export type SupportedUrls = Readonly<Record<string, readonly RegExp[]>>;

/**
 * Messages in the AI SDK's form; files are read here, URLs that the provider fetches itself are passed on.
 *
 * @throws ParleyError `invalid_param` for any other URL.
 */
export async function toPrompt(
  messages: readonly ChatMessage[],
  supported: SupportedUrls,
): Promise<LanguageModelV3Prompt> {
  return Promise.all(
    messages.map(async (message): Promise<LanguageModelV3Prompt[number]> => {
      switch (message.role) {
        case 'system':
          return { role: 'system', content: message.content };
        case 'assistant':
          return { role: 'assistant', content: [{ type: 'text', text: message.content }] };
        case 'user':
          return {
            role: 'user',
            content:
              typeof message.content === 'string'
                ? [{ type: 'text', text: message.content }]
                : await Promise.all(message.content.map((part) => toPart(part, supported))),
          };
      }
    }),
  );
}

async function toPart(
  part: ContentPart,
  supported: SupportedUrls,
): Promise<LanguageModelV3TextPart | LanguageModelV3FilePart> {
  if (part.kind === 'text') return { type: 'text', text: part.text };
  if ('url' in part.source && !supports(supported, part.mimeType, part.source.url)) throw contentByUrl(part);
  return {
    type: 'file',
    mediaType: part.mimeType,
    filename: part.filename,
    data: 'url' in part.source ? new URL(part.source.url) : await part.source.read(),
  };
}

function supports(supported: SupportedUrls, mimeType: string, url: string): boolean {
  const type = mimeType.toLowerCase();
  const address = url.toLowerCase();
  return Object.entries(supported).some(([pattern, urls]) => {
    const accepted = pattern.endsWith('*')
      ? type.startsWith(pattern.replace(/(\*\/)?\*$/, ''))
      : type === pattern;
    return accepted && urls.some((known) => known.test(address));
  });
}
