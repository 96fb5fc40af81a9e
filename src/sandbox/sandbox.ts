/** Code of an app, to be run with what it may see and nothing else. */
export interface SandboxRequest {
  readonly language: 'python3' | 'javascript';
  /** The user's code. */
  readonly code: string;
  /**
   * - `main`: the code defines `main`. It is called with `inputs` (Python: `main(**inputs)`; JavaScript: `main(inputs)`,
   *   a Promise is awaited), and the JSON value that it returns is the result.
   * - `script`: the code runs as it is; `inputs` are ignored, the result is null, what counts is what it prints.
   */
  readonly call: 'main' | 'script';
  /** JSON. */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** Whose code it is (an app id). An interpreter serves one tenant only. */
  readonly tenant: string;
}

export interface SandboxResult {
  /**
   * JSON, with the numbers of JavaScript: a Python int beyond 2^53 arrives as the nearest double (return `str(n)` to keep
   * every digit). JavaScript's NaN and Infinity are null, as `JSON.stringify` has it; Python's are an error.
   */
  readonly value: unknown;
  /** What it printed (stdout and stderr in order), cut at `SandboxSettings.outputBytes`. */
  readonly output: string;
}

/** Runs untrusted code in WebAssembly: no files, no network, no environment, no objects of the host. */
export interface Sandbox {
  /**
   * Every call begins with a pristine interpreter: nothing of an earlier call is left, neither of the same tenant.
   *
   * @throws SandboxError when the code fails or breaks a limit; `signal.reason` on abort, at once, also out of a busy loop
   */
  run(request: SandboxRequest, options: { readonly signal: AbortSignal }): Promise<SandboxResult>;
  /** Ends every interpreter; calls that still run are rejected. */
  close(): Promise<void>;
}
