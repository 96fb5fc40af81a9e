import { Worker } from 'node:worker_threads';
import { ToolError } from '../../tool-error.ts';
import type { PageReport, PageTask } from './page-task.ts';

export interface PageThreadLimits {
  /** Of one task, from when the thread is ready. */
  readonly timeoutMs: number;
  readonly heapMb: number;
}

/** A thread that reads pages, one at a time. What a page does to it, however long or large, it does to this thread only. */
export class PageThread {
  readonly #limits: PageThreadLimits;
  readonly #worker: Worker;
  #asked: PromiseWithResolvers<PageReport> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #ready = false;
  #alive = true;

  constructor(limits: PageThreadLimits) {
    this.#limits = limits;
    this.#worker = new Worker(new URL('./page-worker.ts', import.meta.url), {
      // Nothing of the server is handed down.
      env: {},
      argv: [],
      execArgv: [],
      stdin: false,
      // Taken from the thread and read by nobody: the parsers warn of pages that are not as they should be.
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: limits.heapMb, maxYoungGenerationSizeMb: 32 },
    });
    this.#worker.on('message', this.#hear);
    this.#worker.on('error', this.#breakDown);
    this.#worker.on('exit', () => this.end(broken()));
  }

  /** False: it has ended, and takes no task. */
  get alive(): boolean {
    return this.#alive;
  }

  /** @throws ToolError `failed` when the thread broke or took too long; `signal.reason` on abort. It has ended then. */
  async run(task: PageTask, { signal }: { readonly signal: AbortSignal }): Promise<PageReport> {
    signal.throwIfAborted();
    if (!this.#alive) throw broken();
    const asked = Promise.withResolvers<PageReport>();
    this.#asked = asked;
    const onAbort = (): void => this.end(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      this.#worker.ref();
      this.#worker.postMessage(task);
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

  readonly #hear = (report: PageReport): void => {
    if (report.kind !== 'ready') this.#asked?.resolve(report);
    else {
      this.#ready = true;
      if (this.#asked !== null) this.#startClock();
    }
  };

  readonly #breakDown = (cause: unknown): void => {
    const memory = (cause as { code?: unknown } | null)?.code === 'ERR_WORKER_OUT_OF_MEMORY';
    this.end(
      memory
        ? new ToolError('failed', 'This page takes more memory than it may.', { cause })
        : broken({ cause }),
    );
  };

  #startClock(): void {
    const { timeoutMs } = this.#limits;
    this.#timer = setTimeout(() => {
      this.end(new ToolError('failed', `Reading this page took longer than ${timeoutMs / 1000} seconds.`));
    }, timeoutMs);
  }
}

function broken(options: { cause?: unknown } = {}): ToolError {
  return new ToolError('failed', 'This page could not be read.', options);
}
