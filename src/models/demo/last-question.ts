import type { ChatMessage } from '../chat-model.ts';

/** The text of what the user said last. */
export function lastQuestion(messages: readonly ChatMessage[]): string {
  const content = messages.findLast((message) => message.role === 'user')?.content ?? '';
  if (typeof content === 'string') return content.trim();
  return content
    .map((part) => (part.kind === 'text' ? part.text : ''))
    .join(' ')
    .trim();
}
