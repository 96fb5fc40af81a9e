import type { ChatMessage } from '../../models/chat-model.ts';

/** What was said, as text: a line for each message. */
export function transcript(
  memory: readonly ChatMessage[],
  userPrefix: string,
  assistantPrefix: string,
): string {
  return memory
    .map(({ role, content }) => {
      const text =
        typeof content === 'string'
          ? content
          : content.map((p) => (p.kind === 'text' ? p.text : '')).join('');
      return `${role === 'user' ? userPrefix : assistantPrefix}: ${text}`;
    })
    .join('\n');
}
