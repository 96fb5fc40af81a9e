import { DslError, type DslProblem } from '../../apps/dsl/dsl-error.ts';
import type { LargeAppReader } from '../../apps/dsl/read-app-of-any-size.ts';
import { createThreadPool } from '../../threads/thread-pool.ts';
import { WorkThread, type WorkThreadLimits } from '../../threads/work-thread.ts';
import type { AppReport, AppTask } from './app-task.ts';

/** 10 MB of YAML that is nothing but small nodes takes up to a minute on a slow machine, and 1.5 GB. */
const LIMITS: WorkThreadLimits = { timeoutMs: 60_000, heapMb: 1024 };
const IDLE_MS = 1_000;

/** Reads large DSL files in a thread, one after the other. No thread is started before there is one to read. */
export function createLargeAppReader(limits: WorkThreadLimits = LIMITS): {
  readonly read: LargeAppReader;
  /** Refuses what is being read. */
  close(): void;
} {
  const closing = new AbortController();
  const pool = createThreadPool({
    start: () => startThread(limits),
    limits: { maxThreads: 1, idleMs: IDLE_MS },
    closed: () => new Error('no files are read any more'),
  });
  return {
    async read(source, options) {
      const refused = (kind: DslError['kind'], problems: readonly DslProblem[]) => {
        const [first = { line: 1, reason: 'the file cannot be read' }, ...others] = problems;
        return new DslError(kind, options.file, [first, ...others]);
      };
      const report = await pool
        .run({ source, options }, { signal: closing.signal })
        .catch((error: Error) => Promise.reject(refused('invalid', [{ line: 1, reason: error.message }])));
      if (report.kind === 'app') return report;
      if (report.kind === 'refused') throw refused(report.error.kind, report.error.problems);
      throw refused('invalid', report.kind === 'failed' ? [{ line: 1, reason: report.message }] : []);
    },
    close() {
      pool.close();
      closing.abort(new Error('no files are read any more'));
    },
  };
}

function startThread(limits: WorkThreadLimits): WorkThread<AppTask, AppReport> {
  const failures = {
    time: `reading the file takes longer than ${limits.timeoutMs / 1000} seconds`,
    memory: 'reading the file takes more memory than it may',
    broken: 'the file cannot be read',
  };
  return new WorkThread({
    entry: new URL('./app-worker.ts', import.meta.url),
    limits,
    failure: (kind, options) => new Error(failures[kind], options),
  });
}
