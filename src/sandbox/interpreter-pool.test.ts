import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Interpreter } from './interpreter.ts';
import { InterpreterPool } from './interpreter-pool.ts';

/** What a pool sees of an interpreter, with its end in the hands of the test. */
class FakeInterpreter {
  readonly packages: readonly string[];
  readonly started = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<void>();
  readonly gone = this.#ended.promise;
  alive = true;
  users = 0;
  tenants = new Set<string>();

  constructor(packages: readonly string[]) {
    this.packages = packages;
  }

  ready(): Promise<void> {
    return this.started.promise;
  }

  terminate(): Promise<void> {
    this.alive = false;
    return this.gone;
  }

  end(): void {
    this.alive = false;
    this.#ended.resolve();
  }
}

let made: FakeInterpreter[];
let startsAtOnce: boolean;
const never = new AbortController().signal;

beforeEach(() => {
  made = [];
  startsAtOnce = true;
  vi.useFakeTimers();
});
afterEach(() => vi.useRealTimers());

function poolOf(max: number, idleMs = 1000): InterpreterPool {
  return new InterpreterPool({
    max,
    idleMs,
    async start(packages) {
      const fake = new FakeInterpreter(packages);
      made.push(fake);
      if (startsAtOnce) fake.started.resolve();
      return fake as unknown as Interpreter;
    },
  });
}

/** A call that holds its interpreter until `finish`. */
function call(pool: InterpreterPool, tenant: string, packages: string[] = [], signal: AbortSignal = never) {
  const finished = Promise.withResolvers<void>();
  const state = { running: false, on: null as FakeInterpreter | null, error: null as unknown };
  const done = pool
    .use({ tenant, packages }, signal, async (interpreter) => {
      const on = interpreter as unknown as FakeInterpreter;
      state.on = on;
      on.tenants.add(tenant);
      on.users += 1;
      expect(on.users).toBe(1);
      expect(on.tenants.size).toBe(1);
      state.running = true;
      await finished.promise;
      on.users -= 1;
    })
    .catch((error: unknown) => {
      state.error = error;
    });
  const settle = async (): Promise<void> => {
    await vi.advanceTimersByTimeAsync(0);
  };
  return {
    state,
    settle,
    async finish() {
      finished.resolve();
      await done;
      await settle();
    },
  };
}

test('calls of one tenant, one after the other, use one interpreter', async () => {
  const pool = poolOf(4);
  for (let turn = 0; turn < 3; turn += 1) {
    const one = call(pool, 'a');
    await one.settle();
    expect(one.state.running).toBe(true);
    await one.finish();
  }
  expect(made).toHaveLength(1);
});

test('one tenant cannot take every place', async () => {
  const pool = poolOf(3);
  const calls = ['a', 'a', 'a', 'a'].map((tenant) => call(pool, tenant));
  await calls[0]?.settle();
  expect(calls.map((one) => one.state.running)).toEqual([true, true, false, false]);
  const other = call(pool, 'b');
  await other.settle();
  expect(other.state.running).toBe(true);
  await calls[0]?.finish();
  expect(calls.map((one) => one.state.running)).toEqual([true, true, true, false]);
});

test('with one place, tenants take turns, and never share an interpreter', async () => {
  const pool = poolOf(1);
  const first = call(pool, 'a');
  const second = call(pool, 'b');
  await first.settle();
  expect([first.state.running, second.state.running]).toEqual([true, false]);
  await first.finish();
  // The first one's interpreter must have gone before there is a place for the second.
  expect(second.state.running).toBe(false);
  expect(made[0]?.alive).toBe(false);
  made[0]?.end();
  await second.settle();
  expect(second.state.running).toBe(true);
  expect(made).toHaveLength(2);
});

test('whoever has the fewest places comes first', async () => {
  const pool = poolOf(4);
  const a = [call(pool, 'a'), call(pool, 'a'), call(pool, 'b'), call(pool, 'b')];
  await a[0]?.settle();
  expect(a.map((one) => one.state.running)).toEqual([true, true, true, true]);
  const more = [call(pool, 'a'), call(pool, 'b'), call(pool, 'c')];
  await a[2]?.finish();
  made.find((one) => !one.alive)?.end();
  await a[0]?.settle();
  expect(more.map((one) => one.state.running)).toEqual([false, false, true]);
});

test('the interpreter that has been idle for the longest time makes room', async () => {
  const pool = poolOf(2);
  for (const tenant of ['a', 'b', 'a']) {
    const one = call(pool, tenant);
    await one.settle();
    await one.finish();
  }
  const third = call(pool, 'c');
  await third.settle();
  expect(made.map((one) => [[...one.tenants][0], one.alive])).toEqual([
    ['a', true],
    ['b', false],
  ]);
  made[1]?.end();
  await third.settle();
  expect(third.state.running).toBe(true);
});

test('an interpreter without the packages is not used for code that needs them, one with more is', async () => {
  const pool = poolOf(3);
  await call(pool, 'a').finish();
  const numpy = call(pool, 'a', ['numpy']);
  await numpy.settle();
  expect(made.map((one) => one.packages)).toEqual([[], ['numpy']]);
  await numpy.finish();
  const both = call(pool, 'a', ['numpy']);
  await both.settle();
  expect(both.state.on).toBe(made[1]);
});

test('an idle interpreter gives its memory back after a while', async () => {
  const pool = poolOf(2, 1000);
  await call(pool, 'a').finish();
  await vi.advanceTimersByTimeAsync(999);
  expect(made[0]?.alive).toBe(true);
  await call(pool, 'a').finish();
  await vi.advanceTimersByTimeAsync(999);
  expect(made[0]?.alive).toBe(true);
  await vi.advanceTimersByTimeAsync(1);
  expect(made[0]?.alive).toBe(false);
});

test('an interpreter that has ended is not used again, and its place is free when its thread is', async () => {
  const pool = poolOf(1);
  const first = call(pool, 'a');
  await first.settle();
  void made[0]?.terminate();
  await first.finish();
  const second = call(pool, 'a');
  await second.settle();
  expect(second.state.running).toBe(false);
  made[0]?.end();
  await second.settle();
  expect(second.state.on).toBe(made[1]);
});

test('an interpreter that does not start is an error for its caller only', async () => {
  startsAtOnce = false;
  const pool = poolOf(1);
  const first = call(pool, 'a');
  const second = call(pool, 'a');
  await first.settle();
  made[0]?.started.reject(new Error('no'));
  await first.settle();
  expect(first.state.error).toEqual(new Error('no'));
  made[0]?.end();
  await second.settle();
  made[1]?.started.resolve();
  await second.settle();
  expect(second.state.running).toBe(true);
});

test('who stops waiting leaves nothing behind', async () => {
  startsAtOnce = false;
  const pool = poolOf(1);
  const controller = new AbortController();
  const starting = call(pool, 'a', [], controller.signal);
  const waiting = call(pool, 'a', [], controller.signal);
  const last = call(pool, 'a');
  await starting.settle();
  controller.abort('stop');
  await starting.settle();
  expect([starting.state.error, waiting.state.error]).toEqual(['stop', 'stop']);
  made[0]?.started.resolve();
  await last.settle();
  expect(last.state.on).toBe(made[0]);
  const gone = call(pool, 'a', [], AbortSignal.abort('gone'));
  await gone.settle();
  expect(gone.state.error).toBe('gone');
});

test('closing ends all and rejects who waits, also while an interpreter is starting', async () => {
  startsAtOnce = false;
  const pool = poolOf(2);
  const starting = call(pool, 'a');
  const waiting = call(pool, 'a');
  await starting.settle();
  const closed = pool.close(new Error('closed'));
  await starting.settle();
  expect(waiting.state.error).toEqual(new Error('closed'));
  expect(made[0]?.alive).toBe(false);
  made[0]?.started.reject(new Error('closed'));
  made[0]?.end();
  await closed;
  expect(starting.state.error).toEqual(new Error('closed'));
});
