import { createThreadPool, type ThreadPoolLimits } from '../../../threads/thread-pool.ts';
import type { WorkThreadLimits } from '../../../threads/work-thread.ts';
import { ToolError } from '../../tool-error.ts';
import type { Article } from './article.ts';
import type { PageReport } from './page-task.ts';
import type { SearchPage } from './search-page.ts';
import { startPageThread } from './start-page-thread.ts';

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

export type PageReaderLimits = WorkThreadLimits & ThreadPoolLimits;

export const pageReaderLimits: PageReaderLimits = {
  maxThreads: 2,
  timeoutMs: 8_000,
  idleMs: 30_000,
  heapMb: 256,
};

/** No thread is started before there is a page to read. */
export function createPageReader(limits: PageReaderLimits = pageReaderLimits): PageReader {
  const pool = createThreadPool({ start: () => startPageThread(limits), limits, closed: shutDown });
  return {
    async article(page, options) {
      const report = await pool.run({ kind: 'article', ...page }, options).catch((error: unknown) => {
        if (options.signal.aborted || pool.closed || !(error instanceof ToolError)) throw error;
        return pool.run({ kind: 'text', ...page }, options);
      });
      if (report.kind === 'article') return report.article;
      throw failureOf(report);
    },
    async results(page, options) {
      const report = await pool.run({ kind: 'results', ...page }, options);
      if (report.kind === 'results') return report.page;
      throw failureOf(report);
    },
    async close() {
      pool.close();
    },
  };
}

function failureOf(report: PageReport): ToolError {
  return new ToolError('failed', report.kind === 'failure' ? report.message : 'This page could not be read.');
}

function shutDown(): ToolError {
  return new ToolError('failed', 'The server is shutting down.');
}
