import type { MockMessage } from './mock-request.ts';

/**
 * What OpenAI would answer 400 to, or null: each call of an assistant's message has its result right after that
 * message, and each result has its call. Arguments must be an object of JSON, as vLLM demands.
 */
export function checkToolMessages(messages: readonly MockMessage[]): string | null {
  let open = new Set<string>();
  for (const message of messages) {
    if (message.role === 'tool') {
      if (!open.delete(message.tool_call_id ?? '')) {
        return `messages with role 'tool' must be a response to a preceding message with 'tool_calls': ${message.tool_call_id}`;
      }
      continue;
    }
    if (open.size > 0) return unanswered(open);
    const calls = message.tool_calls ?? [];
    const malformed = calls.find((call) => !isObject(call.function.arguments));
    if (malformed) return `arguments of ${malformed.id} are not a JSON object`;
    open = new Set(calls.map(({ id }) => id));
    if (open.size < calls.length) return 'two tool calls have one id';
  }
  return open.size > 0 ? unanswered(open) : null;
}

function unanswered(ids: ReadonlySet<string>): string {
  return `an assistant message with 'tool_calls' must be followed by tool messages: ${[...ids].join(', ')}`;
}

function isObject(json: string): boolean {
  try {
    const value: unknown = JSON.parse(json);
    return value !== null && typeof value === 'object' && !Array.isArray(value);
  } catch {
    return false;
  }
}
