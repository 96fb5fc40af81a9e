import { createContext, Script } from 'node:vm';
import { threadCpuMs } from '../threads/thread-cpu-ms.ts';

const script = new Script('work()');
let context: { work?: (() => unknown) | undefined } | null = null;

/** How often work is begun that was ended because others had the processor. */
const ATTEMPTS = 3;

/**
 * Runs `work`, which must be synchronous, for at most `ms`: then it is ended wherever it is, in a regular expression
 * too. For work that strangers can make as long as they like, such as checking a value against a schema of theirs. The
 * context is no sandbox, only what V8's watchdog is fastened to (0.15 ms a call). The watchdog knows the time of day and
 * not ours: work that was ended before it had half of `ms` on the processor is done again, from its beginning.
 *
 * @throws what `work` throws; an error with the code `ERR_SCRIPT_EXECUTION_TIMEOUT`
 */
export function withinTime<T>(ms: number, work: () => T): T {
  context ??= createContext({});
  const outer = context.work;
  context.work = work;
  try {
    for (let attempt = 1; ; attempt++) {
      const began = threadCpuMs();
      try {
        return script.runInContext(context, { timeout: ms }) as T;
      } catch (error) {
        const starved = threadCpuMs() - began < ms / 2;
        if (!isTimeout(error) || !starved || attempt === ATTEMPTS) throw error;
      }
    }
  } finally {
    context.work = outer;
  }
}

function isTimeout(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
}
