import type { SandboxConfig } from '../config/config.ts';
import { DEFAULT_SANDBOX_SETTINGS } from './default-sandbox-settings.ts';
import type { SandboxSettings } from './sandbox-settings.ts';

/** The owner's settings over the defaults. */
export function settingsOf({ javascript, python }: SandboxConfig): SandboxSettings {
  const defaults = DEFAULT_SANDBOX_SETTINGS;
  return {
    ...defaults,
    javascript: {
      timeoutMs: javascript.timeoutMs ?? defaults.javascript.timeoutMs,
      memoryBytes: javascript.memoryBytes ?? defaults.javascript.memoryBytes,
    },
    python: {
      timeoutMs: python.timeoutMs ?? defaults.python.timeoutMs,
      memoryBytes: python.memoryBytes ?? defaults.python.memoryBytes,
      packages: python.packages,
    },
  };
}
