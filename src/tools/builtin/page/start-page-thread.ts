import { WorkThread, type WorkThreadLimits } from '../../work-thread.ts';
import type { PageReport, PageTask } from './page-task.ts';

export type PageThread = WorkThread<PageTask, PageReport>;

/** A thread that reads pages, one at a time. */
export function startPageThread(limits: WorkThreadLimits): PageThread {
  return new WorkThread({
    entry: new URL('./page-worker.ts', import.meta.url),
    limits,
    failures: {
      time: `Reading this page took longer than ${limits.timeoutMs / 1000} seconds.`,
      memory: 'This page takes more memory than it may.',
      broken: 'This page could not be read.',
    },
  });
}
