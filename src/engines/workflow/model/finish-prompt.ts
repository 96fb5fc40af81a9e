import type { ChatMessage, ContentPart } from '../../../models/chat-model.ts';
import { NodeError } from '../node-error.ts';

/**
 * Steps 4 and 5 of `facts/dify-dsl-engine.md` §4.4: files go before what the user says last, else after everything; what
 * says nothing is left out. @throws NodeError when nothing is left
 */
export function finishPrompt(
  messages: readonly ChatMessage[],
  files: readonly ContentPart[] = [],
): ChatMessage[] {
  const finished = withFiles(messages, files).map(plain).filter(saysSomething);
  if (finished.length > 0) return finished;
  throw new NodeError(
    'NoPromptFoundError',
    'No prompt found in the LLM configuration. Please ensure a prompt is properly configured before proceeding.',
  );
}

function withFiles(messages: readonly ChatMessage[], files: readonly ContentPart[]): readonly ChatMessage[] {
  if (files.length === 0) return messages;
  const last = messages.at(-1);
  if (last?.role !== 'user') return [...messages, { role: 'user', content: files }];
  const content: readonly ContentPart[] =
    typeof last.content === 'string' ? [{ kind: 'text', text: last.content }] : last.content;
  return [...messages.slice(0, -1), { role: 'user', content: [...files, ...content] }];
}

/** One text is no list. */
function plain(message: ChatMessage): ChatMessage {
  if (message.role !== 'user' || typeof message.content === 'string') return message;
  const [only, ...others] = message.content;
  return only?.kind === 'text' && others.length === 0 ? { role: 'user', content: only.text } : message;
}

function saysSomething(message: ChatMessage): boolean {
  return message.content.length > 0 || (message.role === 'assistant' && message.toolCalls !== undefined);
}
