import type { ChatRequest, ToolCall } from '../chat-model.ts';
import { chooseTool } from './choose-tool.ts';
import { demoAnswer } from './demo-answer.ts';
import { demoArguments } from './demo-arguments.ts';
import { lastQuestion } from './last-question.ts';
import { shorten } from './shorten.ts';

/** What the demo model does next, the same for the same request: it says `text` or, without one, calls a tool. */
export type DemoReply = { readonly text: string } | { readonly toolCall: ToolCall };

/** A question that names a tool is for the tool, whose result is the answer then. Any other is answered as ever. */
export function demoReply({
  messages,
  tools = [],
  toolChoice,
}: Pick<ChatRequest, 'messages' | 'tools' | 'toolChoice'>): DemoReply {
  const last = messages.at(-1);
  if (last?.role === 'tool') return { text: resultAnswer(messages) };
  const question = lastQuestion(messages);
  const tool = last?.role === 'user' && toolChoice !== 'none' ? chooseTool(question, tools) : null;
  if (tool === null) return { text: demoAnswer(messages) };
  const values = demoArguments(tool.parameters, question);
  return { toolCall: { id: nextId(messages), name: tool.name, arguments: JSON.stringify(values) } };
}

function resultAnswer(messages: ChatRequest['messages']): string {
  const asked = messages.findLastIndex((message) => message.role !== 'tool');
  const results = messages
    .slice(asked + 1)
    .flatMap((message) => (message.role === 'tool' ? [message] : []))
    .map(({ name, content }) => `the tool ${name} answered: ${shorten(content.trim(), 300) || 'nothing'}`);
  return `This is Parley's built-in demo model, and ${results.join('; and ')}`;
}

/** `demo1`, `demo2`, …: the first that no call before has. */
function nextId(messages: ChatRequest['messages']): string {
  const used = new Set(
    messages.flatMap((m) => (m.role === 'assistant' ? (m.toolCalls ?? []) : [])).map(({ id }) => id),
  );
  let number = used.size + 1;
  while (used.has(`demo${number}`)) number++;
  return `demo${number}`;
}
