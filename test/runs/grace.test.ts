import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openHall, saying, type TestHall } from './hall.ts';

const GRACE_MS = 3000;

let hall: TestHall;

beforeEach(async () => {
  hall = await openHall(saying('said'), { settings: { onDisconnect: { kind: 'stop', afterMs: GRACE_MS } } });
  // Only what the grace is measured with: the store goes on as ever.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(async () => {
  vi.useRealTimers();
  await hall.close();
});

test('a client that comes back and is lost again leaves the run the whole grace once more', async () => {
  const run = await hall.start();
  const lose = run.attach();
  lose();
  vi.advanceTimersByTime(GRACE_MS - 600);
  const loseAgain = run.attach();
  vi.advanceTimersByTime(300);
  loseAgain();
  vi.advanceTimersByTime(GRACE_MS - 1);
  expect(run.stoppedBy).toBeNull();
  vi.advanceTimersByTime(1);
  expect(run.stoppedBy).toBe('disconnect');
  expect(await run.ended).toMatchObject({ status: 'stopped', stoppedBy: 'disconnect', answer: 'said' });
});

test('a client that is there when the grace ends keeps the run; each later loss counts anew', async () => {
  const run = await hall.start();
  run.attach()();
  for (let n = 0; n < 5; n++) {
    vi.advanceTimersByTime(GRACE_MS - 1);
    const lose = run.attach();
    vi.advanceTimersByTime(GRACE_MS * 2);
    expect(run.stoppedBy).toBeNull();
    lose();
  }
  vi.advanceTimersByTime(GRACE_MS);
  expect(run.stoppedBy).toBe('disconnect');
  await run.ended;
});

test('of several clients the last one lost begins the grace', async () => {
  const run = await hall.start();
  const first = run.attach();
  const second = run.attach();
  first();
  vi.advanceTimersByTime(GRACE_MS * 2);
  second();
  second();
  vi.advanceTimersByTime(GRACE_MS - 1);
  expect(run.stoppedBy).toBeNull();
  vi.advanceTimersByTime(1);
  expect(run.stoppedBy).toBe('disconnect');
  await run.ended;
});
