/**
 * - `error`: the code raised an error, returned what is no JSON, or did what the sandbox does not allow;
 * - `timeout`, `memory`: it took more than its settings allow;
 * - `output`: its result is larger than `outputBytes`;
 * - `missing_package`: it imports a Python package that is not there.
 */
export type SandboxFailure = 'error' | 'timeout' | 'memory' | 'output' | 'missing_package';

/** How code of an app failed. The message is for the app's author: a traceback of their own lines, or what to change. */
export class SandboxError extends Error {
  readonly kind: SandboxFailure;
  /** What the code had printed, cut like `SandboxResult.output`; empty when its interpreter had to be ended. */
  readonly output: string;

  constructor(kind: SandboxFailure, message: string, options: { output?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'SandboxError';
    this.kind = kind;
    this.output = options.output ?? '';
  }
}
