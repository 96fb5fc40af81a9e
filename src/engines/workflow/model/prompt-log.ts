import type { ChatMessage, ContentPart, ToolCall } from '../../../models/chat-model.ts';
import type { Value, ValueRecord } from '../values/value.ts';

/** A prompt as the app's owner sees it: `process_data.prompts` of a node. Of files their names, not what is in them. */
export function promptLog(messages: readonly ChatMessage[]): ValueRecord[] {
  return messages.map((message) => {
    const { role, content } = message;
    const parts: readonly ContentPart[] =
      typeof content === 'string' ? [{ kind: 'text', text: content }] : content;
    const calls = message.role === 'assistant' ? (message.toolCalls ?? []) : [];
    return {
      role,
      text: parts.map((part) => (part.kind === 'text' ? part.text : '')).join(''),
      files: parts.flatMap((part): Value[] => (part.kind === 'text' ? [] : [fileLog(part)])),
      ...(calls.length > 0 && {
        tool_calls: calls.map(callLog),
      }),
    };
  });
}

/** A call of a function, as the app's owner sees it. */
export function callLog({ id, name, arguments: text }: ToolCall): ValueRecord {
  return { id, type: 'function', function: { name, arguments: text } };
}

function fileLog({ kind, filename, mimeType, detail }: Exclude<ContentPart, { kind: 'text' }>): ValueRecord {
  return { type: kind, filename, mime_type: mimeType, ...(detail && { detail }) };
}
