import { expect, test } from 'vitest';
import { sharedAttempt } from './shared-attempt.ts';

const never = new AbortController().signal;

test('one attempt for all who ask while it runs, and a new one after it', async () => {
  let attempts = 0;
  const shared = sharedAttempt(async () => ++attempts, 60_000);
  expect(await Promise.all([shared.run(never), shared.run(never)])).toEqual([1, 1]);
  expect(await shared.run(never)).toBe(2);
});

test('a failure is remembered for its time', async () => {
  let attempts = 0;
  const fail = async () => {
    throw new Error(String(++attempts));
  };
  const long = sharedAttempt(fail, 60_000);
  await expect(long.run(never)).rejects.toThrow('1');
  await expect(long.run(never)).rejects.toThrow('1');
  const short = sharedAttempt(fail, 0);
  await expect(short.run(never)).rejects.toThrow('2');
  await expect(short.run(never)).rejects.toThrow('3');
});

test('an abort ends one wait; the attempt goes on for the others', async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const shared = sharedAttempt(() => promise, 0);
  const controller = new AbortController();
  const one = shared.run(controller.signal);
  const other = shared.run(never);
  controller.abort(new Error('gone'));
  await expect(one).rejects.toThrow('gone');
  await expect(shared.run(controller.signal)).rejects.toThrow('gone');
  resolve('done');
  expect(await other).toBe('done');
  await shared.idle();
});
