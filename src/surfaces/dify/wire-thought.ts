import * as z from 'zod';
import type { Thought, ToolUse } from '../../runs/thought.ts';
import { unixSeconds } from '../unix-seconds.ts';

/** A thought in GET /messages (`facts/dify-wire.md` §8.2). */
export const thoughtItem = z.object({
  id: z.uuid(),
  chain_id: z.null(),
  message_id: z.uuid(),
  position: z.int(),
  thought: z.string(),
  tool: z.string(),
  tool_labels: z.record(z.string(), z.record(z.string(), z.string())),
  tool_input: z.string(),
  created_at: z.int(),
  observation: z.string(),
  files: z.array(z.uuid()),
});

export function wireThought(thought: Thought, messageId: string): z.infer<typeof thoughtItem> {
  const { message_files, ...fields } = thoughtFields(thought);
  return {
    chain_id: null,
    message_id: messageId,
    created_at: unixSeconds(thought.createdAt),
    files: message_files,
    ...fields,
  };
}

/**
 * What an `agent_thought` event says (`facts/dify-wire.md` §3.4). Tools share one field: their names with semicolons,
 * arguments and results as JSON by name, so that of several calls of one tool the last is seen, as in Dify.
 */
export function thoughtFields({ id, position, text, uses, files }: Thought) {
  return {
    id,
    position,
    thought: text,
    observation: byName(
      uses.filter(({ output }) => output !== null),
      ({ output }) => output,
    ),
    tool: uses.map(({ name }) => name).join(';'),
    tool_labels: Object.fromEntries(uses.map(({ name, label }) => [name, { ...label }])),
    tool_input: byName(uses, (use) => parsed(use.arguments)),
    message_files: [...files],
  };
}

/** Empty for no tools. */
function byName(uses: readonly ToolUse[], of: (use: ToolUse) => unknown): string {
  return uses.length === 0 ? '' : JSON.stringify(Object.fromEntries(uses.map((use) => [use.name, of(use)])));
}

/** Malformed arguments are shown as the model wrote them. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text === '' ? '{}' : text);
  } catch {
    return text;
  }
}
