import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { checkInTime } from './check-in-time.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});

afterEach(() => {
  // All budgets are full again for the next test.
  vi.advanceTimersByTime(60_000);
  vi.useRealTimers();
});

function forever(): object {
  for (;;);
}

/** What it takes the processor, in ms. */
function cost(work: () => void): number {
  const before = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1_000;
}

function busy(ms: number): object {
  const before = process.threadCpuUsage();
  for (;;) {
    const { user, system } = process.threadCpuUsage(before);
    if (user + system > ms * 1_000) return {};
  }
}

test('gives the result, and throws what the check throws', () => {
  expect(checkInTime({}, () => [1])).toEqual([1]);
  expect(() =>
    checkInTime({}, () => {
      throw new TypeError('no');
    }),
  ).toThrow(TypeError);
});

test('a schema that is slow has less time each time, then none for a minute', () => {
  const schema = {};
  const total = cost(() => {
    for (let call = 0; call < 1_000; call++) expect(checkInTime(schema, forever)).toBeNull();
  });
  expect(total).toBeLessThan(1_000);
  expect(checkInTime(schema, () => [1])).toBeNull();
  vi.advanceTimersByTime(60_000);
  expect(checkInTime(schema, () => [1])).toEqual([1]);
});

test('what fits is still checked after something was slow', () => {
  const schema = {};
  expect(checkInTime(schema, forever)).toBeNull();
  expect(checkInTime(schema, () => [1])).toEqual([1]);
});

test('checks that are only just in time do not add up either', () => {
  const schema = {};
  const total = cost(() => {
    for (let call = 0; call < 100; call++) checkInTime(schema, () => busy(35));
  });
  expect(total).toBeLessThan(1_500);
});

test('many schemas together leave an honest one its time', () => {
  const total = cost(() => {
    for (let call = 0; call < 200; call++) checkInTime({}, forever);
  });
  expect(total).toBeLessThan(6_000);
  expect(checkInTime({}, () => [1])).toEqual([1]);
}, 60_000);
