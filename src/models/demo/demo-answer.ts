import type { ChatMessage } from '../chat-model.ts';
import { lastQuestion } from './last-question.ts';
import { shorten } from './shorten.ts';

/**
 * What the demo model says: the same words for the same prompt. Requests for a title and for suggested questions are
 * ordinary prompts, told by their instruction words.
 */
export function demoAnswer(messages: readonly ChatMessage[]): string {
  const question = lastQuestion(messages);
  const instructions = messages
    .filter((message) => message.role === 'system')
    .map((message) => message.content)
    .concat(question)
    .join('\n');
  if (/\bjson\s+array\b/i.test(instructions)) return JSON.stringify(suggestedQuestions);
  if (/\btitle\b/i.test(instructions) && /\b(conversation|chat|dialog(ue)?)\b/i.test(instructions)) {
    return titleOf(topic(question));
  }
  return chatAnswer(messages, question);
}

const suggestedQuestions = [
  'How do I connect a real model provider?',
  'Which apps can Parley run?',
  'What can I build with this server?',
];

function chatAnswer(messages: readonly ChatMessage[], question: string): string {
  const earlier = messages.filter((m) => m.role === 'assistant' && !m.toolCalls?.length).length;
  const files = messages.findLast((message) => message.role === 'user')?.content ?? '';
  const attached = typeof files === 'string' ? 0 : files.filter((part) => part.kind !== 'text').length;
  const words = question.split(/\s+/).filter(Boolean).length;
  const turns = earlier === 1 ? '1 earlier turn' : `${earlier} earlier turns`;
  const sentences = [
    "This is Parley's built-in demo model: no model provider is configured yet.",
    question === '' ? 'You asked nothing.' : `You asked: "${shorten(question, 300)}"`,
    `That is ${words} ${words === 1 ? 'word' : 'words'}, and I was given ${turns} of this conversation.`,
  ];
  if (attached > 0) sentences.push(`You attached ${attached} ${attached === 1 ? 'file' : 'files'}.`);
  sentences.push('Add a provider and its key to the configuration, and this app answers with a real model.');
  return sentences.join(' ');
}

/** The last line of a prompt that carries instructions, without a label such as `Query:`. */
function topic(prompt: string): string {
  const line =
    prompt
      .split('\n')
      .map((part) => part.trim())
      .filter(Boolean)
      .at(-1) ?? '';
  return line.replace(/^(user|human|query|question|message|input)\s*:\s*/i, '').replace(/^["'“]|["'”]$/g, '');
}

function titleOf(text: string): string {
  const title = text
    .split(/\s+/)
    .slice(0, 6)
    .join(' ')
    .replace(/[.?!,;:。？！]+$/, '');
  return shorten(title, 60) || 'New conversation';
}
