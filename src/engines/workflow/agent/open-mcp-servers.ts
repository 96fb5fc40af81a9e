import { version } from '../../../config/version.ts';
import { keepSecrets } from '../../../tools/keep-secrets.ts';
import { mcpProvider } from '../../../tools/mcp/mcp-provider.ts';
import { secretsOf } from '../../../tools/mcp/secrets-of.ts';
import type { Tool } from '../../../tools/tool.ts';
import { ToolError } from '../../../tools/tool-error.ts';
import type { NodeContext } from '../node-context.ts';
import { NodeError } from '../node-error.ts';
import type { McpServer } from './mcp-servers.ts';

export interface OpenServers {
  /** Of all servers, asked now. @throws NodeError naming the server that does not answer; the signal's reason */
  tools(): Promise<readonly Tool[]>;
  /** Ends all connections; calls that still run are told to cancel. */
  close(): Promise<void>;
}

/**
 * Servers that an app names, or even its end user: the guard holds for them as for any address of an app. Nothing is
 * opened yet.
 */
export function openMcpServers(
  servers: readonly McpServer[],
  { services, signal }: Pick<NodeContext, 'services' | 'signal'>,
): OpenServers {
  const { outbound, allow } = services;
  const providers = servers.map(({ name, url, headers, timeoutMs }) => {
    const server = { kind: 'http', url, headers } as const;
    const parts = { outbound, version, trusted: false, allow };
    return keepSecrets(mcpProvider({ kind: 'mcp', name, timeoutMs, server }, parts), secretsOf(server));
  });
  return {
    async tools() {
      const lists = providers.map((provider) =>
        provider.list({ signal }).catch((error: unknown) => {
          if (!(error instanceof ToolError)) throw error;
          const message = `Failed to get the tools of the MCP server ${provider.name}: ${error.message}`;
          throw new NodeError('AgentInvocationError', message, { cause: error });
        }),
      );
      return (await Promise.all(lists)).flat();
    },
    async close() {
      await Promise.all(providers.map((provider) => provider.close()));
    },
  };
}
