import type {
  LanguageModelV3FilePart,
  LanguageModelV3Message,
  LanguageModelV3Prompt,
  LanguageModelV3TextPart,
} from '@ai-sdk/provider';
import type { ChatMessage, ContentPart } from '../chat-model.ts';
import { contentByUrl } from '../content-by-url.ts';
import { assistantParts } from './assistant-parts.ts';

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
  return joinResults(await Promise.all(messages.map((message) => toMessage(message, supported))));
}

async function toMessage(message: ChatMessage, supported: SupportedUrls): Promise<LanguageModelV3Message> {
  switch (message.role) {
    case 'system':
      return { role: 'system', content: message.content };
    case 'assistant':
      return { role: 'assistant', content: assistantParts(message.content, message.toolCalls ?? []) };
    case 'user':
      return {
        role: 'user',
        content:
          typeof message.content === 'string'
            ? [{ type: 'text', text: message.content }]
            : await Promise.all(message.content.map((part) => toPart(part, supported))),
      };
    case 'tool': {
      const { toolCallId, name: toolName, content: value } = message;
      const output = { type: 'text', value } as const;
      return { role: 'tool', content: [{ type: 'tool-result', toolCallId, toolName, output }] };
    }
  }
}

/** Gemini wants the results of parallel calls in one message: as many as the message before it has calls. */
function joinResults(prompt: readonly LanguageModelV3Message[]): LanguageModelV3Prompt {
  const joined: LanguageModelV3Prompt = [];
  for (const message of prompt) {
    const last = joined.at(-1);
    if (message.role === 'tool' && last?.role === 'tool') last.content.push(...message.content);
    else joined.push(message);
  }
  return joined;
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
