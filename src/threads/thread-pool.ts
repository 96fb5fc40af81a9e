import type { WorkThread } from './work-thread.ts';

export interface ThreadPoolLimits {
  readonly maxThreads: number;
  /** How long a thread that nobody needs stays. */
  readonly idleMs: number;
}

export interface ThreadPoolOptions<Task, Report extends { readonly kind: string }> {
  start(): WorkThread<Task, Report>;
  readonly limits: ThreadPoolLimits;
  /** What tasks are rejected with once the pool is closed. */
  closed(): Error;
}

/** A few threads of one kind, started when there is work for them; whoever comes when all are busy waits. */
export interface ThreadPool<Task, Report> {
  readonly closed: boolean;
  /** @throws what `WorkThread.run` throws; `signal.reason` on abort, also while it waits */
  run(task: Task, options: { readonly signal: AbortSignal }): Promise<Report>;
  /** Ends all threads, and what they are at. */
  close(): void;
}

export function createThreadPool<Task, Report extends { readonly kind: string }>(
  options: ThreadPoolOptions<Task, Report>,
): ThreadPool<Task, Report> {
  type Thread = WorkThread<Task, Report>;
  const { limits, start } = options;
  const idle: { readonly thread: Thread; readonly timer: NodeJS.Timeout }[] = [];
  const running = new Set<Thread>();
  const waiting: PromiseWithResolvers<void>[] = [];
  let free = limits.maxThreads;
  let closed = false;

  async function enter(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (closed) throw options.closed();
    if (free > 0) {
      free--;
      return;
    }
    const place = Promise.withResolvers<void>();
    waiting.push(place);
    const onAbort = (): void => {
      const at = waiting.indexOf(place);
      if (at < 0) return;
      waiting.splice(at, 1);
      place.reject(signal.reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await place.promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  function leave(): void {
    const next = waiting.shift();
    if (next === undefined) free++;
    else next.resolve();
  }

  function take(): Thread {
    for (;;) {
      const rested = idle.pop();
      if (rested === undefined) return start();
      clearTimeout(rested.timer);
      if (rested.thread.alive) return rested.thread;
    }
  }

  function rest(thread: Thread): void {
    if (!thread.alive) return;
    if (closed) {
      thread.end(options.closed());
      return;
    }
    const timer = setTimeout(() => {
      idle.splice(
        idle.findIndex((one) => one.thread === thread),
        1,
      );
      thread.end(options.closed());
    }, limits.idleMs);
    timer.unref();
    idle.push({ thread, timer });
  }

  return {
    get closed() {
      return closed;
    },
    async run(task, { signal }) {
      await enter(signal);
      try {
        const thread = take();
        running.add(thread);
        try {
          return await thread.run(task, { signal });
        } finally {
          running.delete(thread);
          rest(thread);
        }
      } finally {
        leave();
      }
    },
    close() {
      closed = true;
      for (const place of waiting.splice(0)) place.reject(options.closed());
      for (const { thread, timer } of idle.splice(0)) {
        clearTimeout(timer);
        thread.end(options.closed());
      }
      for (const thread of running) thread.end(options.closed());
    },
  };
}
