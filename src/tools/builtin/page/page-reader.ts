import { ToolError } from '../../tool-error.ts';
import type { WorkThreadLimits } from '../../work-thread.ts';
import type { Article } from './article.ts';
import type { PageReport, PageTask } from './page-task.ts';
import type { SearchPage } from './search-page.ts';
import { type PageThread, startPageThread } from './start-page-thread.ts';

/** A page as it came. */
export interface FetchedPage {
  readonly body: Uint8Array;
  readonly contentType: string | null;
}

/** Reads pages of strangers in threads of their own, a few at once; whoever comes later waits. */
export interface PageReader {
  /**
   * The main part of a page, or all of its text where that took too much time or memory.
   *
   * @throws ToolError `failed`; `signal.reason` on abort, when the thread ends at once
   */
  article(page: FetchedPage, options: { readonly signal: AbortSignal }): Promise<Article>;
  /** The same for a page of search results. */
  results(page: FetchedPage, options: { readonly signal: AbortSignal }): Promise<SearchPage>;
  /** Ends all threads. */
  close(): Promise<void>;
}

export interface PageReaderLimits extends WorkThreadLimits {
  readonly maxThreads: number;
  /** How long a thread that nobody needs stays. */
  readonly idleMs: number;
}

export const pageReaderLimits: PageReaderLimits = {
  maxThreads: 2,
  timeoutMs: 8_000,
  idleMs: 30_000,
  heapMb: 256,
};

/** No thread is started before there is a page to read. */
export function createPageReader(limits: PageReaderLimits = pageReaderLimits): PageReader {
  const idle: { readonly thread: PageThread; readonly timer: NodeJS.Timeout }[] = [];
  const running = new Set<PageThread>();
  const waiting: PromiseWithResolvers<void>[] = [];
  let free = limits.maxThreads;
  let closed = false;

  async function enter(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (closed) throw shutDown();
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

  function take(): PageThread {
    for (;;) {
      const rested = idle.pop();
      if (rested === undefined) return startPageThread(limits);
      clearTimeout(rested.timer);
      if (rested.thread.alive) return rested.thread;
    }
  }

  function rest(thread: PageThread): void {
    if (!thread.alive) return;
    if (closed) {
      thread.end(shutDown());
      return;
    }
    const timer = setTimeout(() => {
      idle.splice(
        idle.findIndex((one) => one.thread === thread),
        1,
      );
      thread.end(shutDown());
    }, limits.idleMs);
    timer.unref();
    idle.push({ thread, timer });
  }

  async function run(task: PageTask, options: { readonly signal: AbortSignal }): Promise<PageReport> {
    await enter(options.signal);
    try {
      const thread = take();
      running.add(thread);
      try {
        return await thread.run(task, options);
      } finally {
        running.delete(thread);
        rest(thread);
      }
    } finally {
      leave();
    }
  }

  return {
    async article(page, options) {
      const report = await run({ kind: 'article', ...page }, options).catch((error: unknown) => {
        if (options.signal.aborted || closed || !(error instanceof ToolError)) throw error;
        return run({ kind: 'text', ...page }, options);
      });
      if (report.kind === 'article') return report.article;
      throw failureOf(report);
    },
    async results(page, options) {
      const report = await run({ kind: 'results', ...page }, options);
      if (report.kind === 'results') return report.page;
      throw failureOf(report);
    },
    async close() {
      closed = true;
      for (const place of waiting.splice(0)) place.reject(shutDown());
      for (const { thread, timer } of idle.splice(0)) {
        clearTimeout(timer);
        thread.end(shutDown());
      }
      for (const thread of running) thread.end(shutDown());
    },
  };
}

function failureOf(report: PageReport): ToolError {
  return new ToolError('failed', report.kind === 'failure' ? report.message : 'This page could not be read.');
}

function shutDown(): ToolError {
  return new ToolError('failed', 'The server is shutting down.');
}
