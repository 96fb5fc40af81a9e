import { afterEach, expect, test, vi } from 'vitest';
import { openHall, saying, type TestHall } from './hall.ts';

let hall: TestHall;

afterEach(async () => {
  vi.useRealTimers();
  await hall.close();
});

async function statuses(): Promise<(string | null)[]> {
  const rows = await hall.store.selectFrom('runs').select(['status', 'stopped_by']).execute();
  return rows.flatMap(({ status, stopped_by }) => [status, stopped_by]);
}

/** A hall in which a turn is held while it is being accepted: `arrived` tells of it, `go` lets it be committed. */
async function openSlowHall() {
  const arrived = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  hall = await openHall(saying('never heard'), {
    versions: (versions) => ({
      find: (app, version) => versions.find(app, version),
      async keep(app) {
        arrived.resolve();
        await gate.promise;
        await versions.keep(app);
      },
    }),
  });
  return { arrived: arrived.promise, go: gate.resolve };
}

test.each([
  ['within the grace', 60_000],
  ['after the grace', 0],
])('a turn accepted while the server ends, %s, ends with its terminal event', async (_when, graceMs) => {
  const { arrived, go } = await openSlowHall();
  const starting = hall.start();
  await arrived;
  const drained = hall.runs.drain(graceMs);
  // The grace of nothing is over by then.
  if (graceMs === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  go();
  const run = await starting;
  expect(await run.ended).toMatchObject({ status: 'stopped', stoppedBy: 'shutdown', answer: '' });
  expect(run.log.at(run.log.last)).toMatchObject({ kind: 'ended' });
  await drained;
  expect(await statuses()).toEqual(['stopped', 'shutdown']);
});

test('drain waits until such a turn is written', async () => {
  const { arrived, go } = await openSlowHall();
  const starting = hall.start();
  await arrived;
  let running: Promise<(string | null)[]> | undefined;
  const drained = hall.runs.drain(0).then(() => {
    running = statuses();
  });
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(running, 'drained before the turn was accepted').toBeUndefined();
  go();
  await drained;
  expect(await running).toEqual(['stopped', 'shutdown']);
  await starting;
});

test('a turn refused while the server ends does not hold it up', async () => {
  const gate = Promise.withResolvers<void>();
  const arrived = Promise.withResolvers<void>();
  hall = await openHall(saying(''), {
    versions: () => ({
      find: async () => null,
      async keep() {
        arrived.resolve();
        await gate.promise;
      },
    }),
  });
  const starting = hall.start();
  await arrived.promise;
  const drained = hall.runs.drain(0);
  gate.reject(new Error('the store is gone'));
  await expect(starting).rejects.toThrow('the store is gone');
  await drained;
  expect(await statuses()).toEqual([]);
});

/** Seconds that the end of the server may take beyond its grace, store or no store. */
const BOUND_MS = 30_000;

test('a store that never takes the outcome does not hold the end of the server', async () => {
  const asked = Promise.withResolvers<void>();
  hall = await openHall(saying('said'), {
    recorder: {
      commit: () => {
        asked.resolve();
        return new Promise(() => {});
      },
    },
  });
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  await hall.start();
  const drained = vi.fn();
  void hall.runs.drain(1000).then(drained);
  await vi.advanceTimersByTimeAsync(999);
  expect(drained).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  await asked.promise;
  await vi.advanceTimersByTimeAsync(BOUND_MS);
  expect(drained).toHaveBeenCalled();
});

test('a store that never takes a turn does not hold the end of the server', async () => {
  const { arrived, go } = await openSlowHall();
  const starting = hall.start();
  await arrived;
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const drained = vi.fn();
  void hall.runs.drain(1000).then(drained);
  await vi.advanceTimersByTimeAsync(1000 + BOUND_MS);
  expect(drained).toHaveBeenCalled();
  vi.useRealTimers();
  go();
  await (await starting).ended;
});
