/** Limits of code that apps bring along. Sizes are in bytes, times in milliseconds. */
export interface SandboxSettings {
  readonly javascript: {
    /** For one call, from the moment its interpreter is ready. */
    readonly timeoutMs: number;
    /** Of an interpreter's WebAssembly memory, at least 32 MB. */
    readonly memoryBytes: number;
  };
  readonly python: {
    readonly timeoutMs: number;
    /** Of an interpreter's WebAssembly memory, at least 64 MB. Files that code writes may take a quarter more. */
    readonly memoryBytes: number;
    /**
     * Where packages such as numpy come from: the path of a folder with the wheels of Pyodide's distribution, or the
     * base URL of such a folder. Null: the standard library only.
     */
    readonly packages: string | null;
  };
  /** Largest result as JSON; also where printed output is cut. */
  readonly outputBytes: number;
  /** Interpreters per language that may live at once. With two or more, no tenant can take all of them. */
  readonly maxWorkers: number;
  /** How long an interpreter waits for its tenant's next call before its memory is given back. */
  readonly idleMs: number;
}
