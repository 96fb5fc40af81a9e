import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openHall, saying, type TestHall } from '../../test/runs/hall.ts';
import { LEASE_MS, ORPHANED } from '../runs/recover-runs.ts';
import type { Run } from '../runs/run.ts';
import type { Store } from '../store/open-store.ts';
import { beat } from '../store/processes.ts';
import { holdLease } from './lease.ts';

let hall: TestHall;
let release = (): void => {};
const errors: unknown[] = [];

beforeEach(async () => {
  hall = await openHall(saying('said'));
  // Only what the lease is measured with: the store goes on as ever.
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] });
  errors.length = 0;
});
afterEach(async () => {
  release();
  vi.useRealTimers();
  await hall.runs.drain(0);
  await hall.close();
  expect(errors).toEqual([]);
});

const hold = (processId: string) => {
  release = holdLease(hall.store, processId, (error) => errors.push(error));
};

async function lastBeat(id: string): Promise<number | null> {
  const row = await hall.store
    .selectFrom('processes')
    .select('beat_at')
    .where('id', '=', id)
    .executeTakeFirst();
  return row ? Number(row.beat_at) : null;
}

/** A run that goes on in another process, as the store has it. */
async function runOf(processId: string): Promise<Run> {
  const run = await hall.start();
  await hall.store
    .updateTable('runs')
    .set({ process_id: processId })
    .where('id', '=', run.facts.id)
    .execute();
  return run;
}

async function statusOf(run: Run): Promise<string> {
  const { status } = await hall.store
    .selectFrom('runs')
    .select('status')
    .where('id', '=', run.facts.id)
    .executeTakeFirstOrThrow();
  return status;
}

test('it keeps saying that the process lives, more than once within the lease, until it is let go', async () => {
  hold('me');
  for (let n = 0; n < 3; n++) {
    vi.advanceTimersByTime(LEASE_MS / 2);
    const now = Date.now();
    await expect.poll(() => lastBeat('me'), { interval: 1 }).toBeGreaterThan(now - LEASE_MS / 2);
  }
  release();
  const last = await lastBeat('me');
  vi.advanceTimersByTime(LEASE_MS * 2);
  await new Promise(setImmediate);
  expect(await lastBeat('me')).toBe(last);
});

test('runs of a process whose lease ran out are ended; those of the living, and its own, go on', async () => {
  await beat(hall.store, 'me', Date.now());
  await beat(hall.store, 'dead', Date.now());
  await beat(hall.store, 'living', Date.now() + LEASE_MS * 2);
  const [own, dead, living] = [await runOf('me'), await runOf('dead'), await runOf('living')];
  hold('me');

  // Within the lease nobody is taken for dead.
  vi.advanceTimersByTime(LEASE_MS - 1);
  const now = Date.now();
  await expect.poll(() => lastBeat('me'), { interval: 1 }).toBeGreaterThan(now - LEASE_MS / 2);
  expect(await statusOf(dead)).toBe('running');

  vi.advanceTimersByTime(LEASE_MS / 2);
  await expect.poll(() => statusOf(dead), { interval: 1 }).toBe('failed');
  expect(await statusOf(own)).toBe('running');
  expect(await statusOf(living)).toBe('running');
  const message = await hall.store
    .selectFrom('messages')
    .select(['status', 'error'])
    .where('id', '=', dead.facts.messageId)
    .executeTakeFirst();
  expect(message).toEqual({ status: 'error', error: ORPHANED });
});

test('a store that fails is told of, and asked again', async () => {
  const gone = new Error('the store is gone');
  const store = {
    insertInto() {
      throw gone;
    },
  } as unknown as Store;
  const told: unknown[] = [];
  release = holdLease(store, 'me', (error) => told.push(error));
  vi.advanceTimersByTime(LEASE_MS);
  await expect.poll(() => told, { interval: 1 }).toEqual([gone, gone, gone]);
});
