import { Worker } from 'node:worker_threads';
import { memoryExceeded } from './memory-exceeded.ts';
import { readReport } from './read-report.ts';
import type { Report } from './report.ts';
import { SandboxError } from './sandbox-error.ts';
import type { Task } from './task.ts';

export interface InterpreterOptions {
  /** Module that the thread begins with. */
  readonly entry: URL;
  readonly data: unknown;
  readonly outputBytes: number;
  /** Limit of the WebAssembly memory, for the message that says so. */
  readonly memoryBytes: number;
  /** Of V8's own heap in the thread; what code uses is WebAssembly memory and is limited there. */
  readonly heapMb: number;
  readonly stackMb: number;
}

/** Longer than any machine needs to load; nothing of a user runs until then. */
const START_MS = 120_000;

/** One thread with one interpreter, seen from the server. It runs one task at a time. */
export class Interpreter {
  readonly #worker: Worker;
  readonly #outputBytes: number;
  readonly #memoryBytes: number;
  readonly #ready = Promise.withResolvers<void>();
  #asked: PromiseWithResolvers<Report> | null = null;
  #loaded = false;
  #alive = true;
  /** Settled when the thread has ended and its memory is free. */
  readonly gone: Promise<void>;

  constructor(options: InterpreterOptions) {
    this.#outputBytes = options.outputBytes;
    this.#memoryBytes = options.memoryBytes;
    this.#worker = new Worker(options.entry, {
      workerData: options.data,
      // Nothing of the server is handed down: neither environment nor arguments nor flags nor streams.
      env: {},
      argv: [],
      execArgv: [],
      stdin: false,
      // Taken from the thread and read by nobody: reading would keep the process from ending.
      stdout: true,
      stderr: true,
      trackUnmanagedFds: true,
      resourceLimits: {
        maxOldGenerationSizeMb: options.heapMb,
        maxYoungGenerationSizeMb: 16,
        stackSizeMb: options.stackMb,
      },
    });
    this.gone = new Promise((resolve) => {
      this.#worker.once('exit', () => {
        this.#fail(new SandboxError('error', 'The code ended its interpreter.'));
        resolve();
      });
    });
    this.#worker.on('message', this.#hear);
    this.#worker.on('messageerror', () => this.#hear(null));
    this.#worker.on('error', this.#breakDown);
    this.#ready.promise.catch(() => {});
  }

  /** @throws Error when the interpreter could not be loaded */
  async ready(): Promise<void> {
    const timer = setTimeout(() => this.#fail(new Error('The interpreter did not start.')), START_MS);
    timer.unref();
    try {
      await this.#ready.promise;
    } finally {
      clearTimeout(timer);
      if (this.#alive) this.#worker.unref();
    }
  }

  /** False: it has ended, or is about to, and takes no task. */
  get alive(): boolean {
    return this.#alive;
  }

  /**
   * @throws SandboxError `timeout` after `timeoutMs`; `signal.reason` on abort. The thread is ended then, whatever it does
   */
  async run(
    task: Task,
    options: { readonly timeoutMs: number; readonly signal: AbortSignal },
  ): Promise<Report> {
    const { timeoutMs, signal } = options;
    signal.throwIfAborted();
    if (!this.#alive || this.#asked !== null) throw new Error('The interpreter is not free.');
    const asked = Promise.withResolvers<Report>();
    this.#asked = asked;
    const seconds = timeoutMs / 1000;
    const timer = setTimeout(() => {
      this.#fail(new SandboxError('timeout', `The code ran longer than ${seconds} seconds and was ended.`));
    }, timeoutMs);
    const onAbort = (): void => this.#fail(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      this.#worker.ref();
      this.#worker.postMessage(task);
      const report = await asked.promise;
      if ('spent' in report && report.spent) void this.terminate();
      return report;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      this.#asked = null;
      // An idle thread keeps no process from ending that has nothing else to do.
      if (this.#alive) this.#worker.unref();
    }
  }

  /** Ends the thread, also out of a busy loop; a call that still runs is rejected. Resolves when the thread has ended. */
  terminate(reason: unknown = new SandboxError('error', 'The interpreter was ended.')): Promise<void> {
    this.#fail(reason);
    return this.gone;
  }

  readonly #hear = (message: unknown): void => {
    const report = readReport(message, this.#outputBytes);
    if (report?.kind === 'ready') {
      this.#loaded = true;
      this.#ready.resolve();
    } else if (report !== null && this.#asked !== null) this.#asked.resolve(report);
    else this.#fail(new SandboxError('error', 'The code broke its interpreter.'));
  };

  readonly #breakDown = (cause: unknown): void => {
    const code = (cause as { code?: unknown } | null)?.code;
    if (code === 'ERR_WORKER_OUT_OF_MEMORY') this.#fail(memoryExceeded(this.#memoryBytes, { cause }));
    else if (this.#loaded)
      this.#fail(new SandboxError('error', 'The code broke its interpreter.', { cause }));
    else {
      const why = cause instanceof Error ? cause.message : String(cause);
      this.#fail(new SandboxError('error', `The interpreter could not be started: ${why}`, { cause }));
    }
  };

  #fail(reason: unknown): void {
    this.#asked?.reject(reason);
    this.#ready.reject(reason);
    if (!this.#alive) return;
    this.#alive = false;
    this.#worker.ref();
    void this.#worker.terminate();
  }
}
