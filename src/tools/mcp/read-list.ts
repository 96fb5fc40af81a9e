import type { McpLimits } from './mcp-limits.ts';
import { type McpTool, readTool } from './read-tool.ts';

export interface ReadList {
  readonly tools: ReadonlyMap<string, McpTool>;
  /** What the owner should know of them. */
  readonly messages: readonly string[];
}

/**
 * Reads the entries of `tools/list`. A tool that differs from the one `known` by that name is taken as it is now, and
 * reported: a server that was harmless when it was chosen can say something else later (`facts/peers.md` §4.3 D5).
 */
export function readList(
  raw: readonly unknown[],
  known: ReadonlyMap<string, McpTool>,
  limits: McpLimits,
): ReadList {
  const tools = new Map<string, McpTool>();
  const messages: string[] = [];
  let length = 0;
  for (const entry of raw) {
    const read = readTool(entry, limits);
    if (typeof read === 'string') {
      messages.push(`left out: ${read}`);
      continue;
    }
    const { name } = read;
    const tool = withKnownSchemas(read, known.get(name));
    if (tools.has(name)) {
      messages.push(`left out: a second tool with the name ${name}`);
      continue;
    }
    length += JSON.stringify([tool.parameters, tool.outputSchema]).length;
    if (length > limits.maxSchemasLength) {
      messages.push(`left out: ${name} and what comes after it, since the schemas are too large together`);
      break;
    }
    tools.set(name, tool);
    messages.push(...changesOf(known.get(name), tool));
  }
  return { tools, messages };
}

/** What is known of a schema, e.g. how long its checks take, is known of the object. */
function withKnownSchemas(now: McpTool, before: McpTool | undefined): McpTool {
  if (before === undefined) return now;
  const same = (key: 'parameters' | 'outputSchema') =>
    JSON.stringify(before[key]) === JSON.stringify(now[key]);
  return {
    ...now,
    parameters: same('parameters') ? before.parameters : now.parameters,
    outputSchema: same('outputSchema') ? before.outputSchema : now.outputSchema,
  };
}

function changesOf(before: McpTool | undefined, now: McpTool): string[] {
  if (before === undefined) return [];
  const changes: string[] = [];
  if (before.description !== now.description) changes.push(`the description of ${now.name} has changed`);
  if (before.parameters !== now.parameters) changes.push(`the parameters of ${now.name} have changed`);
  return changes;
}
