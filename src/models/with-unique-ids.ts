import { randomUUID } from 'node:crypto';
import type { ChatMessage, ToolCall } from './chat-model.ts';

/**
 * Calls of an answer to `messages`, each with an id that nothing else has: results are matched by it. Some providers
 * give no ids, the same one to every call of a tool, or count from zero in each answer.
 */
export function withUniqueIds(
  calls: readonly ToolCall[],
  messages: readonly ChatMessage[],
): readonly ToolCall[] {
  const used = new Set(messages.flatMap(idsOf));
  const reserved = new Set(calls.map(({ id }) => id));
  return calls.map((call) => {
    const id = call.id === '' || used.has(call.id) ? newId([used, reserved]) : call.id;
    used.add(id);
    return id === call.id ? call : { ...call, id };
  });
}

function idsOf(message: ChatMessage): string[] {
  return message.role === 'assistant' ? (message.toolCalls ?? []).map(({ id }) => id) : [];
}

/** Nine letters and digits: Mistral takes no other. */
function newId(taken: readonly ReadonlySet<string>[]): string {
  for (;;) {
    const id = `t${randomUUID().slice(0, 8)}`;
    if (!taken.some((ids) => ids.has(id))) return id;
  }
}
