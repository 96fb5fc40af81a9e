import type { Tool } from './tool.ts';
import type { ProviderType, ToolProvider } from './tool-provider.ts';

/** A provider whose tools are all known from the beginning, and hold nothing open. */
export function knownProvider(type: ProviderType, name: string, tools: readonly Tool[]): ToolProvider {
  return { type, name, known: () => tools, list: async () => tools, close: async () => {} };
}
