import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { TurnOutcome } from '../store/finish-turn.ts';
import type { Store } from '../store/open-store.ts';
import type { Journal } from './journal.ts';
import { Recorder } from './recorder.ts';

/** What the store does with an outcome; by default it takes it. */
const finishTurn = vi.hoisted(() =>
  vi.fn<(store: unknown, run: { id: string }) => Promise<{ canceledAt: number | null } | null>>(),
);
const fillOrphans = vi.hoisted(() => vi.fn(async () => {}));
vi.mock('../store/finish-turn.ts', () => ({ finishTurn }));
vi.mock('../store/runs.ts', () => ({ fillOrphans }));

const STORE = {} as Store;
const release = vi.fn();
let recorder: Recorder;

beforeEach(() => {
  vi.useFakeTimers();
  finishTurn.mockReset().mockResolvedValue({ canceledAt: null });
  fillOrphans.mockReset().mockResolvedValue();
  release.mockReset();
  recorder = new Recorder(STORE, { release } as unknown as Journal);
});
afterEach(() => {
  vi.useRealTimers();
});

const run = (id: string) => ({ id, message_id: `message of ${id}`, process_id: 'p' });
const saying = (answer: string): TurnOutcome => ({
  status: 'succeeded',
  error: null,
  stoppedBy: null,
  errorCode: null,
  finishedAt: 0,
  answer,
  usage: {
    prompt_tokens: 1,
    answer_tokens: 2,
    total_price: '0',
    currency: 'USD',
    latency_ms: 3,
    usage: null,
  },
});
/** Ids of the runs whose outcome was offered to the store so far. */
const offered = () => finishTurn.mock.calls.map(([, { id }]) => id);
const hang = () => new Promise<never>(() => {});
const gone = new Error('the store is gone');

test('an outcome that the store takes is written once, and only then the journal lets go', async () => {
  finishTurn.mockImplementation(async () => {
    expect(release).not.toHaveBeenCalled();
    return { canceledAt: null };
  });
  expect(await recorder.commit(run('a'), saying('x'))).toEqual({ canceledAt: null });
  expect(finishTurn).toHaveBeenCalledExactlyOnceWith(STORE, run('a'), saying('x'));
  expect(release).toHaveBeenCalledExactlyOnceWith('a');
  expect(vi.getTimerCount()).toBe(0);
});

test('a write that fails is told at once, and made up for a second later', async () => {
  finishTurn.mockRejectedValueOnce(gone);
  await expect(recorder.commit(run('a'), saying('x'))).rejects.toBe(gone);
  await vi.advanceTimersByTimeAsync(999);
  expect(offered()).toEqual(['a']);
  expect(release).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(finishTurn).toHaveBeenLastCalledWith(STORE, run('a'), saying('x'));
  expect(offered()).toEqual(['a', 'a']);
  expect(release).toHaveBeenCalledExactlyOnceWith('a');
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(offered()).toEqual(['a', 'a']);
  expect(vi.getTimerCount()).toBe(0);
});

test('pauses double up to half a minute, and begin anew after a success', async () => {
  const began = Date.now();
  const times: number[] = [];
  finishTurn.mockImplementation(async () => {
    times.push((Date.now() - began) / 1000);
    throw gone;
  });
  await expect(recorder.commit(run('a'), saying('x'))).rejects.toBe(gone);
  await vi.advanceTimersByTimeAsync(130_000);
  expect(times).toEqual([0, 1, 3, 7, 15, 31, 61, 91, 121]);
  finishTurn.mockReset().mockResolvedValue({ canceledAt: null });
  await vi.advanceTimersByTimeAsync(30_000);
  expect(release).toHaveBeenCalledExactlyOnceWith('a');

  finishTurn.mockReset().mockRejectedValueOnce(gone).mockResolvedValue({ canceledAt: null });
  await expect(recorder.commit(run('b'), saying('y'))).rejects.toBe(gone);
  await vi.advanceTimersByTimeAsync(1000);
  expect(release).toHaveBeenLastCalledWith('b');
});

test('a store that does not answer is taken for gone after ten seconds', async () => {
  finishTurn.mockImplementationOnce(hang);
  const failed = vi.fn();
  recorder.commit(run('a'), saying('x')).catch(failed);
  await vi.advanceTimersByTimeAsync(9_999);
  expect(failed).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(failed).toHaveBeenCalledExactlyOnceWith(
    expect.objectContaining({ message: 'The store did not answer within 10000 ms.' }),
  );
  expect(release).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(offered()).toEqual(['a', 'a']);
  expect(release).toHaveBeenCalledWith('a');
});

test('a write that was given up and then came through does no harm', async () => {
  const late = Promise.withResolvers<{ canceledAt: number | null } | null>();
  finishTurn.mockReturnValueOnce(late.promise).mockResolvedValue(null);
  const committing = recorder.commit(run('a'), saying('x')).catch(() => 'told');
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await committing).toBe('told');
  late.resolve({ canceledAt: null });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(offered()).toEqual(['a', 'a']);
  expect(vi.getTimerCount()).toBe(0);
});

test('a run that another process has ended keeps its answer, and says so', async () => {
  finishTurn.mockResolvedValue(null);
  fillOrphans.mockImplementation(async () => expect(release).not.toHaveBeenCalled());
  expect(await recorder.commit(run('a'), saying('seen'))).toBeNull();
  expect(fillOrphans).toHaveBeenCalledExactlyOnceWith(STORE, 'p', ['a'], expect.any(Function));
  const [[, , , made]] = fillOrphans.mock.calls as unknown as [[Store, string, string[], () => unknown]];
  expect(made()).toEqual({ answer: 'seen', thoughts: [], files: [] });
  expect(release).toHaveBeenCalledExactlyOnceWith('a');
});

test('its answer too is tried again', async () => {
  finishTurn.mockResolvedValue(null);
  fillOrphans.mockRejectedValueOnce(gone);
  await expect(recorder.commit(run('a'), saying('seen'))).rejects.toBe(gone);
  expect(release).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(fillOrphans).toHaveBeenCalledTimes(2);
  expect(release).toHaveBeenCalledExactlyOnceWith('a');
});

test('all that is late is written in one go', async () => {
  finishTurn.mockRejectedValueOnce(gone).mockRejectedValueOnce(gone).mockRejectedValueOnce(gone);
  for (const id of ['a', 'b', 'c']) await expect(recorder.commit(run(id), saying(id))).rejects.toBe(gone);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(release.mock.calls.flat()).toEqual(['a', 'b', 'c']);
  expect(vi.getTimerCount()).toBe(0);
});

test('an outcome that the store never takes does not keep others from it', async () => {
  const poison = new Set(['bad', 'worse']);
  let down = true;
  finishTurn.mockImplementation(async (_store, { id }) => {
    if (down || poison.has(id)) throw gone;
    return { canceledAt: null };
  });
  for (const id of ['bad', 'a', 'worse', 'b'])
    await expect(recorder.commit(run(id), saying(id))).rejects.toBe(gone);
  down = false;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(release.mock.calls.flat().sort()).toEqual(['a', 'b']);
  // And one that fails later comes through as well.
  down = true;
  await expect(recorder.commit(run('c'), saying('c'))).rejects.toBe(gone);
  down = false;
  await vi.advanceTimersByTimeAsync(120_000);
  expect(release).toHaveBeenLastCalledWith('c');
});

test('runs that go on failing do not put off the next try', async () => {
  finishTurn.mockImplementation(async (_store, { id }) => {
    if (id !== 'first' || offered().filter((one) => one === 'first').length === 1) throw gone;
    return { canceledAt: null };
  });
  await expect(recorder.commit(run('first'), saying('x'))).rejects.toBe(gone);
  for (let n = 0; n < 10; n++) {
    await vi.advanceTimersByTimeAsync(500);
    await expect(recorder.commit(run(`bad-${n}`), saying('y'))).rejects.toBe(gone);
  }
  expect(release).toHaveBeenCalledExactlyOnceWith('first');
});

test('close tries what is left once more, and then no longer', async () => {
  finishTurn.mockRejectedValueOnce(gone).mockRejectedValueOnce(gone);
  await expect(recorder.commit(run('a'), saying('x'))).rejects.toBe(gone);
  await expect(recorder.commit(run('b'), saying('y'))).rejects.toBe(gone);
  finishTurn.mockImplementation(async (_store, { id }) => {
    if (id === 'b') throw gone;
    return { canceledAt: null };
  });
  await recorder.close();
  expect(release).toHaveBeenCalledExactlyOnceWith('a');
  expect(vi.getTimerCount()).toBe(0);
});

test('close does not wait long for a store that does not answer', async () => {
  finishTurn.mockRejectedValue(gone);
  for (const id of ['a', 'b', 'c']) await expect(recorder.commit(run(id), saying(id))).rejects.toBe(gone);
  finishTurn.mockImplementation(hang);
  const closed = vi.fn();
  void recorder.close().then(closed);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(closed).toHaveBeenCalled();
  expect(vi.getTimerCount()).toBe(0);
});

test('close ends the tries of a run that fails while or after it closes', async () => {
  finishTurn.mockRejectedValue(gone);
  await expect(recorder.commit(run('a'), saying('x'))).rejects.toBe(gone);
  // A try is under way when it closes.
  const underWay = Promise.withResolvers<{ canceledAt: number | null } | null>();
  finishTurn.mockReturnValueOnce(underWay.promise);
  await vi.advanceTimersByTimeAsync(1_000);
  await recorder.close();
  underWay.reject(gone);
  await vi.advanceTimersByTimeAsync(0);
  expect(vi.getTimerCount()).toBe(0);
  // A run that the server did not wait for.
  await expect(recorder.commit(run('b'), saying('y'))).rejects.toBe(gone);
  expect(vi.getTimerCount()).toBe(0);
});
