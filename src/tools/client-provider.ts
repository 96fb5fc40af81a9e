import type { ClientFunction } from '../config/config.ts';
import { knownProvider } from './known-provider.ts';
import type { ToolProvider } from './tool-provider.ts';

/** Functions of `parley.yml` that the caller of an app executes, on surfaces that can ask for it. */
export function clientProvider(name: string, functions: readonly ClientFunction[]): ToolProvider {
  return knownProvider(
    'client',
    name,
    functions.map((given) => ({
      provider: name,
      name: given.name,
      label: { en_US: given.name },
      description: given.description,
      parameters: given.parameters,
      authored: [],
      icon: { background: '#EEF4FF', content: '📱' },
      timeoutMs: null,
      executedBy: 'caller',
      invoke() {
        throw new Error(`${given.name} is executed by the caller`);
      },
    })),
  );
}
