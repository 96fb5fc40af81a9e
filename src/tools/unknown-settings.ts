import type { ToolConfig } from '../config/config.ts';
import { builtinNames } from './builtin/builtin-providers.ts';

/**
 * Entries of `tools:` that only have settings, and for no tool there is: mistyped names. `others` are the names of tools
 * that are found elsewhere, which such an entry may bound.
 */
export function unknownSettings(
  tools: readonly ToolConfig[],
  others: { has(name: string): boolean },
): readonly { readonly tool: string; readonly reason: string }[] {
  return tools
    .filter(({ kind, name }) => kind === 'builtin' && !builtinNames.includes(name) && !others.has(name))
    .map(({ name }) => ({
      tool: name,
      reason: `no tool has this name; built in are ${builtinNames.join(', ')}`,
    }));
}
