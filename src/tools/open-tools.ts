import type { Config, ToolConfig } from '../config/config.ts';
import type { Outbound } from '../outbound/outbound.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import { builtinNames, builtinProviders } from './builtin/builtin-providers.ts';
import { clientProvider } from './client-provider.ts';
import { createTools, type ToolSource } from './create-tools.ts';
import { mcpProvider } from './mcp/mcp-provider.ts';
import { openApiProvider } from './openapi/openapi-provider.ts';
import type { ToolProvider } from './tool-provider.ts';
import type { Tools } from './tools.ts';

export interface OpenToolsParts {
  readonly outbound: Outbound;
  readonly sandbox: Sandbox;
  /** Parley's, for MCP servers to know. */
  readonly version: string;
  /** Hears, once each, of what the owner should know. */
  readonly report: (message: string) => void;
  /** Tools from elsewhere: the apps of this server. */
  readonly others: readonly ToolSource[];
}

/** All tools that a configuration names, and those that come with Parley. Nothing is opened before it is needed. */
export function openTools(config: Pick<Config, 'tools'>, parts: OpenToolsParts): Tools {
  const builtin = config.tools.filter((entry) => entry.kind === 'builtin');
  for (const { name } of builtin)
    if (!builtinNames.includes(name))
      parts.report(`tools: ${name} is no built-in tool; there are ${builtinNames.join(', ')}`);
  const providers = [
    ...config.tools.filter((entry) => entry.kind !== 'builtin').map((entry) => providerOf(entry, parts)),
    ...builtinProviders(parts, builtin),
  ];
  return createTools([known(providers), ...parts.others]);
}

function known(providers: readonly ToolProvider[]): ToolSource {
  return {
    providers: () => providers,
    async close() {
      await Promise.all(providers.map((provider) => provider.close()));
    },
  };
}

function providerOf(
  entry: Exclude<ToolConfig, { kind: 'builtin' }>,
  { outbound, version, report }: OpenToolsParts,
): ToolProvider {
  switch (entry.kind) {
    case 'client':
      return clientProvider(entry.name, entry.functions);
    case 'mcp':
      return mcpProvider(entry, { outbound, version, report });
    case 'openapi': {
      const { document, ...rest } = entry;
      const source = /^https?:\/\//i.test(document)
        ? ({ kind: 'address', url: document } as const)
        : ({ kind: 'file', path: document } as const);
      return openApiProvider({ ...rest, document: source, secrets: {}, unset: [] }, { outbound });
    }
  }
}
