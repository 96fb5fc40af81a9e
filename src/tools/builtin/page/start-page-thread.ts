import { WorkThread, type WorkThreadLimits } from '../../../threads/work-thread.ts';
import { ToolError } from '../../tool-error.ts';
import type { PageReport, PageTask } from './page-task.ts';

export type PageThread = WorkThread<PageTask, PageReport>;

/** A thread that reads pages, one at a time. */
export function startPageThread(limits: WorkThreadLimits): PageThread {
  const failures = {
    time: `Reading this page took longer than ${limits.timeoutMs / 1000} seconds.`,
    memory: 'This page takes more memory than it may.',
    broken: 'This page could not be read.',
  };
  return new WorkThread({
    entry: new URL('./page-worker.ts', import.meta.url),
    limits,
    failure: (kind, options) => new ToolError('failed', failures[kind], options),
  });
}
