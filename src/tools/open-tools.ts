import type { Config, McpServerConfig, ToolConfig } from '../config/config.ts';
import type { Outbound } from '../outbound/outbound.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import { builtinProviders } from './builtin/builtin-providers.ts';
import { clientProvider } from './client-provider.ts';
import { createTools, type ToolSource } from './create-tools.ts';
import { keepSecrets } from './keep-secrets.ts';
import { mcpProvider } from './mcp/mcp-provider.ts';
import { openApiTools } from './openapi/openapi-tools.ts';
import type { ToolProvider } from './tool-provider.ts';
import type { Tools } from './tools.ts';
import { unknownSettings } from './unknown-settings.ts';

export interface OpenToolsParts {
  readonly outbound: Outbound;
  readonly sandbox: Sandbox;
  /** Parley's, for MCP servers to know. */
  readonly version: string;
  /** The data folder's, under which credentials of added tools are kept. */
  readonly secret: () => Uint8Array;
  readonly log: {
    info(facts: object, message: string): void;
    warn(facts: object, message: string): void;
    error(facts: object, message: string): void;
  };
  /** Tools from elsewhere: the apps of this server. */
  readonly others: readonly ToolSource[];
}

/**
 * All tools that a configuration and its folders name, and those that come with Parley. Documents that lie here are read,
 * servers elsewhere are not asked before they are needed.
 */
export async function openTools(config: Config, parts: OpenToolsParts): Promise<Tools> {
  const { outbound, version, log } = parts;
  const openapi = openApiTools(config, parts);
  await openapi.look();
  const settings = config.tools.filter((entry) => entry.kind === 'builtin');
  for (const { tool, reason } of unknownSettings(config.tools, openapi.found)) log.warn({ tool }, reason);
  const report = (message: string) => log.warn({}, message);
  const configured = config.tools.flatMap((entry) => providerOf(entry, { outbound, version, report }));
  const builtin = builtinProviders(parts, settings).map((provider) => {
    const apiKey = settings.find(({ name }) => name === provider.name)?.apiKey ?? null;
    return apiKey === null ? provider : keepSecrets(provider, [apiKey]);
  });
  return createTools([known(configured), openapi, known(builtin), ...parts.others]);
}

function known(providers: readonly ToolProvider[]): ToolSource {
  return {
    providers: () => providers,
    async close() {
      await Promise.all(providers.map((provider) => provider.close()));
    },
  };
}

function providerOf(entry: ToolConfig, parts: Parameters<typeof mcpProvider>[1]): readonly ToolProvider[] {
  switch (entry.kind) {
    case 'client':
      return [clientProvider(entry.name, entry.functions)];
    case 'mcp':
      return [keepSecrets(mcpProvider(entry, parts), secretsOf(entry.server))];
    case 'openapi':
    case 'builtin':
      return [];
  }
}

/** Variables that servers take their credentials from; others hold paths and the like, which answers may well name. */
const SECRET_VARIABLE = /key|token|secret|passw|credential|auth/i;

function secretsOf(server: McpServerConfig): readonly string[] {
  if (server.kind === 'stdio')
    return Object.entries(server.env).flatMap(([name, value]) => (SECRET_VARIABLE.test(name) ? [value] : []));
  const headers = Object.values(server.headers);
  const schemeless = headers.map((value) => value.replace(/^\S+\s+/, ''));
  return [...headers, ...schemeless, ...(URL.parse(server.url)?.searchParams.values() ?? [])];
}
