import type {
  LanguageModelV3FilePart,
  LanguageModelV3Prompt,
  LanguageModelV3TextPart,
} from '@ai-sdk/provider';
import type { ChatMessage, ContentPart } from '../chat-model.ts';

/** Messages in the AI SDK's form; files are read here, URLs are passed on. */
export async function toPrompt(messages: readonly ChatMessage[]): Promise<LanguageModelV3Prompt> {
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
                : await Promise.all(message.content.map(toPart)),
          };
      }
    }),
  );
}

async function toPart(part: ContentPart): Promise<LanguageModelV3TextPart | LanguageModelV3FilePart> {
  if (part.kind === 'text') return { type: 'text', text: part.text };
  return {
    type: 'file',
    mediaType: part.mimeType,
    filename: part.filename,
    data: 'url' in part.source ? new URL(part.source.url) : await part.source.read(),
  };
}
