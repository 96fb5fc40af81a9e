import { Worker } from 'node:worker_threads';
import { afterEach, expect, test, vi } from 'vitest';
import { createThreadPool, type ThreadPoolLimits } from './thread-pool.ts';
import { WorkThread, type WorkThreadLimits } from './work-thread.ts';

type Task = 'echo' | 'loop' | 'fill' | 'throw' | 'exit';
type Report = { readonly kind: 'done'; readonly thread: number };

/** Does what its tasks say; reports name the thread. */
const ENTRY = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import { parentPort, threadId } from 'node:worker_threads';
    parentPort.on('message', (task) => {
      if (task === 'loop') for (;;);
      if (task === 'fill') for (const all = []; ; ) all.push([0.5, all.length]);
      if (task === 'throw') throw new Error('thrown');
      if (task === 'exit') process.exit();
      parentPort.postMessage({ kind: 'done', thread: threadId });
    });
    parentPort.postMessage({ kind: 'ready' });
  `)}`,
);

const never = { signal: new AbortController().signal };
const terminated = vi.spyOn(Worker.prototype, 'terminate');
afterEach(() => {
  terminated.mockClear();
});

function pool(limits: Partial<WorkThreadLimits & ThreadPoolLimits> = {}) {
  const all = { maxThreads: 1, idleMs: 10_000, timeoutMs: 60_000, heapMb: 32, ...limits };
  return createThreadPool<Task, Report>({
    start: () =>
      new WorkThread({ entry: ENTRY, limits: all, failure: (kind, options) => new Error(kind, options) }),
    limits: all,
    closed: () => new Error('closed'),
  });
}

test.each([
  ['loop', 'time', { timeoutMs: 100 }],
  ['fill', 'memory', {}],
  ['throw', 'broken', {}],
  ['exit', 'broken', {}],
] as const)(
  'a task that does %s fails by %s, and the next has another thread',
  async (task, message, limits) => {
    const threads = pool(limits);
    const { thread } = await threads.run('echo', never);
    await expect(threads.run(task, never)).rejects.toThrow(message);
    expect((await threads.run('echo', never)).thread).not.toBe(thread);
    threads.close();
  },
);

test('one thread is used again; as many as may be work at once', async () => {
  const one = pool();
  const reports = await Promise.all([1, 2, 3].map(() => one.run('echo', never)));
  expect(new Set(reports.map(({ thread }) => thread)).size).toBe(1);
  const two = pool({ maxThreads: 2 });
  const both = await Promise.all([1, 2].map(() => two.run('echo', never)));
  expect(new Set(both.map(({ thread }) => thread)).size).toBe(2);
  one.close();
  two.close();
});

test('an abort ends what is at work, and what waits; others go on', async () => {
  const threads = pool();
  const [busy, waits] = [new AbortController(), new AbortController()];
  const first = threads.run('loop', busy);
  const second = threads.run('echo', waits);
  const third = threads.run('echo', never);
  waits.abort('second');
  await expect(second).rejects.toBe('second');
  expect(terminated).not.toHaveBeenCalled();
  busy.abort('first');
  await expect(first).rejects.toBe('first');
  expect(terminated).toHaveBeenCalledOnce();
  expect((await third).kind).toBe('done');
  await expect(threads.run('echo', busy)).rejects.toBe('first');
  threads.close();
});

test('a thread that nobody needs ends after a while', async () => {
  const threads = pool({ idleMs: 20 });
  await threads.run('echo', never);
  await vi.waitFor(() => expect(terminated).toHaveBeenCalledOnce());
  expect((await threads.run('echo', never)).kind).toBe('done');
  threads.close();
});

test('closing ends what works, what waits and what is idle', async () => {
  const threads = pool();
  const calls = Promise.allSettled([threads.run('loop', never), threads.run('echo', never)]);
  await new Promise((resolve) => setImmediate(resolve));
  threads.close();
  expect(await calls).toMatchObject([{ reason: { message: 'closed' } }, { reason: { message: 'closed' } }]);
  await expect(threads.run('echo', never)).rejects.toThrow('closed');
  expect([threads.closed, terminated.mock.calls.length]).toEqual([true, 1]);
});
