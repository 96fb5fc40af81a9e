import type { Tool } from './tool.ts';
import { ToolError } from './tool-error.ts';
import type { ProviderType, ToolProvider } from './tool-provider.ts';
import type { ToolName, Tools } from './tools.ts';
import { safeName } from './unique-names.ts';

/** Where providers come from; asked anew at every look, for some come and go while the server runs. */
export interface ToolSource {
  providers(): readonly ToolProvider[];
  close(): Promise<void>;
}

/** Dify's names of kinds of providers (`facts/dify-dsl-engine.md` §2.3, §4.16). */
const TYPES: Readonly<Record<string, ProviderType>> = {
  builtin: 'builtin',
  plugin: 'builtin',
  api: 'api',
  mcp: 'mcp',
  workflow: 'workflow',
  app: 'workflow',
  client: 'client',
};

/** Of two providers with one type and name, that of the earlier source is found. */
export function createTools(sources: readonly ToolSource[]): Tools {
  const providers = () => sources.flatMap((source) => source.providers());
  const providerOf = (name: ToolName): ToolProvider | undefined => {
    const wanted = namesOf(name);
    const type = TYPES[name.providerType] ?? 'builtin';
    const named = providers().filter((provider) => wanted.includes(provider.name));
    // What was a plugin of Dify's may be the owner's own document, server or app here.
    return named.find((provider) => provider.type === type) ?? (type === 'builtin' ? named[0] : undefined);
  };
  const toolOf = (tools: readonly Tool[], { tool }: ToolName) =>
    tools.find(({ name }) => name === tool) ?? tools.find(({ name }) => name === safeName(tool));
  return {
    problemOf(name) {
      const provider = providerOf(name);
      if (!provider) return noProvider(name);
      const tools = provider.known();
      return tools === null || toolOf(tools, name) ? null : noTool(provider, name);
    },
    lackOf(name) {
      const tools = providerOf(name)?.known() ?? [];
      return toolOf(tools, name)?.lack ?? null;
    },
    async find(name, { signal }) {
      const provider = providerOf(name);
      if (!provider) throw new ToolError('failed', noProvider(name));
      const tool = toolOf(provider.known() ?? (await provider.list({ signal })), name);
      if (!tool) throw new ToolError('failed', noTool(provider, name));
      return tool;
    },
    providers,
    async close() {
      await Promise.all(sources.map((source) => source.close()));
    },
  };
}

/** Plugins have namespaces (`langgenius/duckduckgo/duckduckgo`); here the last part is the name. */
function namesOf({ providerId, providerName }: ToolName): readonly string[] {
  return [providerId, providerName].flatMap((name) => [name, name.split('/').at(-1) ?? '']).filter(Boolean);
}

function noProvider({ providerType, providerId, providerName, tool }: ToolName): string {
  return `the tool ${tool} is missing: there is no provider ${providerName || providerId} of type ${providerType}`;
}

function noTool({ name }: ToolProvider, { tool }: ToolName): string {
  return `the tool ${tool} is missing: the provider ${name} has none of that name`;
}
