import { SandboxError } from './sandbox-error.ts';

/** The error of code that wanted more than `bytes` of memory. */
export function memoryExceeded(
  bytes: number,
  options: { readonly output?: string; readonly cause?: unknown } = {},
): SandboxError {
  const megabytes = Math.floor(bytes / 1024 ** 2);
  return new SandboxError(
    'memory',
    `The code needs more than the ${megabytes} MB of memory that it may use.`,
    options,
  );
}
