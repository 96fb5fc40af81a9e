import { Worker } from 'node:worker_threads';

export interface WorkThreadLimits {
  /** Of one task, from when the thread is ready. */
  readonly timeoutMs: number;
  readonly heapMb: number;
}

/** What is sent to a thread; `transfer` is memory of the task that goes over to it as it is, and is gone here. */
export interface Handed<Task> {
  readonly task: Task;
  readonly transfer: readonly ArrayBuffer[];
}

export interface WorkThreadOptions<Task> {
  /**
   * The module that the thread runs: it posts `{ kind: 'ready' }`, then answers every task with one report.
   */
  readonly entry: URL;
  readonly limits: WorkThreadLimits;
  /** For tasks that are so large that sending them would take long. Null: it is sent as it is. */
  hand?(task: Task, options: { readonly signal: AbortSignal }): Promise<Handed<Task>> | null;
  /** What a task that comes to nothing is rejected with: an error of the room whose thread this is. */
  failure(kind: ThreadFailure, options: { readonly cause?: unknown }): Error;
}

/** It took too long; it took more memory than it may; the thread broke, or had ended. */
export type ThreadFailure = 'time' | 'memory' | 'broken';

/**
 * A thread that works on what strangers wrote, one task at a time. What such a text does to it, however long or large, it
 * does to this thread only.
 */
export class WorkThread<Task, Report extends { readonly kind: string }> {
  readonly #options: WorkThreadOptions<Task>;
  readonly #worker: Worker;
  #asked: PromiseWithResolvers<Report> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #ready = false;
  #alive = true;

  constructor(options: WorkThreadOptions<Task>) {
    this.#options = options;
    this.#worker = new Worker(options.entry, {
      // Nothing of the server is handed down.
      env: {},
      argv: [],
      execArgv: [],
      stdin: false,
      // Taken from the thread and read by nobody: parsers warn of what is not as it should be.
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: options.limits.heapMb, maxYoungGenerationSizeMb: 32 },
    });
    this.#worker.on('message', this.#hear);
    this.#worker.on('error', this.#breakDown);
    this.#worker.on('exit', () => this.end(this.#options.failure('broken', {})));
  }

  /** False: it has ended, and takes no task. */
  get alive(): boolean {
    return this.#alive;
  }

  /** @throws `failure` when the thread broke, or took too long or too much; `signal.reason` on abort. It has ended then. */
  async run(task: Task, { signal }: { readonly signal: AbortSignal }): Promise<Report> {
    signal.throwIfAborted();
    const handing = this.#options.hand?.(task, { signal }) ?? null;
    const handed = handing === null ? { task, transfer: [] } : await handing;
    if (!this.#alive) throw this.#options.failure('broken', {});
    const asked = Promise.withResolvers<Report>();
    this.#asked = asked;
    const onAbort = (): void => this.end(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      this.#worker.ref();
      this.#worker.postMessage(handed.task, handed.transfer);
      if (this.#ready) this.#startClock();
      return await asked.promise;
    } finally {
      this.#asked = null;
      if (this.#timer !== null) clearTimeout(this.#timer);
      signal.removeEventListener('abort', onAbort);
      // An idle thread keeps no process from ending.
      if (this.#alive) this.#worker.unref();
    }
  }

  /** Also out of a busy loop; a task that still runs is rejected with `reason`. */
  end(reason: unknown): void {
    this.#asked?.reject(reason);
    if (!this.#alive) return;
    this.#alive = false;
    void this.#worker.terminate();
  }

  readonly #hear = (report: Report | { readonly kind: 'ready' }): void => {
    if (report.kind !== 'ready') this.#asked?.resolve(report as Report);
    else {
      this.#ready = true;
      if (this.#asked !== null) this.#startClock();
    }
  };

  readonly #breakDown = (cause: unknown): void => {
    const memory = (cause as { code?: unknown } | null)?.code === 'ERR_WORKER_OUT_OF_MEMORY';
    this.end(this.#options.failure(memory ? 'memory' : 'broken', { cause }));
  };

  #startClock(): void {
    const { limits, failure } = this.#options;
    this.#timer = setTimeout(() => this.end(failure('time', {})), limits.timeoutMs);
  }
}
