import { redactSecrets } from './redact-secrets.ts';
import type { Tool } from './tool.ts';
import type { ToolProvider } from './tool-provider.ts';

/**
 * The same provider, whose answers have stars where they repeat what the owner has given it in confidence. Errors are the
 * provider's to clean.
 */
export function keepSecrets(provider: ToolProvider, given: readonly string[]): ToolProvider {
  const { idle, inAnswer } = redactSecrets(given);
  if (idle) return provider;
  const kept = new WeakMap<Tool, Tool>();
  const keep = (tool: Tool): Tool => {
    const known = kept.get(tool) ?? {
      ...tool,
      invoke: async (args, context) => (await tool.invoke(args, context)).map(inAnswer),
    };
    kept.set(tool, known);
    return known;
  };
  return {
    ...provider,
    known: () => provider.known()?.map(keep) ?? null,
    list: async (options) => (await provider.list(options)).map(keep),
  };
}
