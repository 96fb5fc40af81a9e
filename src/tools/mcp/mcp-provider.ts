import type { ToolConfig } from '../../config/config.ts';
import type { OutboundRule } from '../../config/outbound-rule.ts';
import type { Outbound } from '../../outbound/outbound.ts';
import type { Tool, ToolContext } from '../tool.ts';
import { ToolError } from '../tool-error.ts';
import type { ToolPart } from '../tool-part.ts';
import type { ToolProvider } from '../tool-provider.ts';
import { checkStructure } from './check-structure.ts';
import { keepConnection } from './keep-connection.ts';
import { keepList } from './keep-list.ts';
import { type McpLimits, mcpLimits } from './mcp-limits.ts';
import { readResult } from './read-result.ts';
import type { McpTool } from './read-tool.ts';
import { secretsOf } from './secrets-of.ts';
import { serverRules } from './server-rules.ts';
import { serverWords } from './server-words.ts';

export type McpToolConfig = Extract<ToolConfig, { readonly kind: 'mcp' }>;

export interface McpParts {
  readonly outbound: Outbound;
  /** Parley's, for the server to know. */
  readonly version: string;
  /**
   * False: someone else than the owner named the server (an app, an end user). Its address is then judged by the guard
   * like any other, with the exceptions `allow`, and no command is started.
   */
  readonly trusted?: boolean;
  /**
   * Exceptions for a server that is not trusted. They hold for the provider's connection, and so for all who call
   * through it: providers are made per address, headers and exceptions. One that is trusted needs none, since a
   * connection never leaves the host and port of its address.
   */
  readonly allow?: readonly OutboundRule[];
  /** Told, for the log, of tools that cannot be used, and of tools that have changed since they were last listed. */
  readonly report?: (message: string) => void;
  /** For tests. */
  readonly limits?: Partial<McpLimits>;
}

/**
 * The tools of one MCP server. Nothing is opened before the first use, and the SDK is loaded with it (35 MB); after that
 * there is one connection for all callers, which comes back by itself. `close` must be called: a connection over HTTP
 * keeps the process alive.
 *
 * @example
 * const provider = mcpProvider(entry, { outbound, version: '1.0.0' });
 * const [tool] = await provider.list({ signal });
 */
export function mcpProvider(entry: McpToolConfig, parts: McpParts): ToolProvider {
  const { name, server, timeoutMs } = entry;
  const { outbound, version, trusted = true, allow = [], report = () => {} } = parts;
  if (!trusted && server.kind === 'stdio') throw new TypeError('Only the owner may name a command.');
  const limits = { ...mcpLimits, ...parts.limits };
  const words = serverWords(secretsOf(server));
  const closing = new AbortController();
  const connection = keepConnection(server, {
    fetch: outbound.fetch(trusted ? serverRules(server) : allow),
    version,
    limits,
    words,
    signal: closing.signal,
    onToolsChanged: () => list.refresh(),
  });
  const list = keepList({
    connection,
    limits,
    signal: closing.signal,
    toTool,
    report: (message) => report(`MCP server ${name}: ${message}`),
  });

  function toTool(described: McpTool): Tool {
    return {
      provider: name,
      name: described.name,
      label: { en_US: described.title },
      description: described.description,
      parameters: described.parameters,
      authored: [],
      icon: described.icon,
      timeoutMs,
      executedBy: 'server',
      invoke: (args, context) => invoke(described, args, context),
    };
  }

  async function invoke(
    tool: McpTool,
    args: Readonly<Record<string, unknown>>,
    context: ToolContext,
  ): Promise<readonly ToolPart[]> {
    const signal = AbortSignal.any([context.signal, closing.signal]);
    const result = await connection.use((opened) => opened.call(tool.name, args, signal), signal);
    const answer = readResult(tool.name, result, limits, words);
    if (tool.outputSchema !== null && result.structuredContent !== undefined)
      checkStructure(tool.outputSchema, result.structuredContent);
    return answer;
  }

  return {
    type: 'mcp',
    name,
    known: () => list.known(),
    list: ({ signal }) => list.get(AbortSignal.any([signal, closing.signal])),
    async close() {
      closing.abort(new ToolError('failed', 'The server is shutting down.'));
      await connection.close();
    },
  };
}
