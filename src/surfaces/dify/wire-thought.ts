import * as z from 'zod';
import type { Thought, ToolUse } from '../../runs/thought.ts';
import { unixSeconds } from '../unix-seconds.ts';
import { writtenArguments } from '../written-arguments.ts';

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
      ({ output }) => JSON.stringify(output),
    ),
    tool: uses.map(({ name }) => name).join(';'),
    tool_labels: Object.fromEntries(uses.map(({ name, label }) => [name, { ...label }])),
    tool_input: byName(uses, writtenArguments),
    message_files: [...files],
  };
}

/** An object of JSON texts; empty for no tools. */
function byName(uses: readonly ToolUse[], jsonOf: (use: ToolUse) => string): string {
  if (uses.length === 0) return '';
  const fields = new Map(uses.map((use) => [use.name, jsonOf(use)]));
  return `{${Array.from(fields, ([name, json]) => `${JSON.stringify(name)}:${json}`).join(',')}}`;
}
