import { ToolError } from '../tool-error.ts';
import type { ProviderType, ToolProvider } from '../tool-provider.ts';

/** A provider that the owner named and that cannot be: it says why whenever its tools are asked for. */
export function failingProvider(type: ProviderType, name: string, reason: unknown): ToolProvider {
  const error =
    reason instanceof ToolError
      ? reason
      : new ToolError('failed', `the tools of ${name} cannot be read`, { cause: reason });
  return {
    type,
    name,
    known: () => null,
    async list() {
      throw error;
    },
    async close() {},
  };
}
