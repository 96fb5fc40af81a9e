import { onTestFinished } from 'vitest';
import { createOutbound } from '../../outbound/create-outbound.ts';
import { invokeTool } from '../invoke-tool.ts';
import type { ToolContext } from '../tool.ts';
import { toolContext } from '../tool-context.fixture.ts';
import type { ToolPart } from '../tool-part.ts';
import type { ToolProvider } from '../tool-provider.ts';
import { entryOf } from './documents.fixture.ts';
import type { OpenApiEntry } from './openapi-entry.ts';
import { openApiProvider } from './openapi-provider.ts';

type Json = Readonly<Record<string, unknown>>;

/** A provider of a test's own. */
export function providerOf(document: string | Json, given: Partial<OpenApiEntry> = {}): ToolProvider {
  const outbound = createOutbound();
  const provider = openApiProvider(entryOf(document, given), { outbound });
  onTestFinished(async () => {
    await provider.close();
    await outbound.close();
  });
  return provider;
}

/**
 * Calls a tool of a provider as an engine does; by default the first one. Nothing private is allowed but what the owner
 * chose.
 */
export async function callTool(
  provider: ToolProvider,
  args: Json,
  { tool: name, ...context }: Partial<ToolContext> & { readonly tool?: string } = {},
): Promise<readonly ToolPart[]> {
  const tools = await provider.list(new AbortController());
  const tool = name === undefined ? tools[0] : tools.find((candidate) => candidate.name === name);
  if (tool === undefined) throw new Error(`there is no tool ${name}`);
  return invokeTool(tool, args, toolContext({ allow: [], ...context }));
}
