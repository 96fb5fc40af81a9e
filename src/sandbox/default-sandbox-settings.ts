import type { SandboxSettings } from './sandbox-settings.ts';

const MB = 1024 ** 2;

export const DEFAULT_SANDBOX_SETTINGS: SandboxSettings = Object.freeze({
  javascript: Object.freeze({ timeoutMs: 30_000, memoryBytes: 256 * MB }),
  python: Object.freeze({ timeoutMs: 30_000, memoryBytes: 256 * MB, packages: null }),
  outputBytes: MB,
  maxWorkers: 4,
  idleMs: 600_000,
});
