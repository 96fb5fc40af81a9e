import { expect, test } from 'vitest';
import type { Run } from '../runs/run.ts';
import { NO_USAGE, type RunOutcome } from '../runs/run-event.ts';
import { createMetrics } from './metrics.ts';

const run = { facts: { app: { id: 'a' }, createdAt: Date.now() - 2000 }, readers: 2 } as unknown as Run;
const outcome: RunOutcome = {
  status: 'succeeded',
  answer: '',
  usage: NO_USAGE,
  error: null,
  stoppedBy: null,
  endedAt: 0,
  canceledAt: null,
  thoughts: [],
  files: [],
  followUps: [],
  spoken: false,
  workflow: null,
};

test('times are in seconds', async () => {
  const { observer, text } = createMetrics();
  observer.started(run);
  observer.firstText(run, 250);
  observer.ended(run, { ...outcome, status: 'stopped', stoppedBy: 'user' }, 4);
  const lines = (await text()).split('\n');
  expect(lines).toContain('parley_time_to_first_token_seconds_sum 0.25');
  expect(lines).toContain('parley_time_to_first_token_seconds_bucket{le="0.1"} 0');
  expect(lines).toContain('parley_time_to_first_token_seconds_bucket{le="0.25"} 1');
  expect(lines).toContain('parley_stop_latency_seconds_sum 0.004');
  const [, seconds] = /^parley_run_duration_seconds_sum (.+)$/m.exec(lines.join('\n')) ?? [];
  expect(Number(seconds)).toBeGreaterThanOrEqual(2);
  expect(Number(seconds)).toBeLessThan(60);
});

test('runs and their readers are counted while they go on', async () => {
  const { observer, text } = createMetrics();
  const going = async () =>
    (await text()).split('\n').filter((line) => /^parley_(runs_active|open)/.test(line));
  expect(await going()).toEqual(['parley_runs_active 0', 'parley_open_streams 0']);
  observer.started(run);
  observer.started({ ...run, readers: 1 } as Run);
  expect(await going()).toEqual(['parley_runs_active 2', 'parley_open_streams 3']);
  observer.ended(run, outcome, null);
  expect(await going()).toEqual(['parley_runs_active 1', 'parley_open_streams 1']);
});

test('what did not happen is not counted', async () => {
  const { observer, text } = createMetrics();
  observer.started(run);
  observer.ended(run, outcome, null);
  const all = await text();
  expect(all).toContain('parley_stop_latency_seconds_count 0');
  expect(all).toContain('parley_time_to_first_token_seconds_count 0');
  expect(all).not.toMatch(/^parley_(stops|tokens)_total\{/m);
});

test('two servers in one process count for themselves', async () => {
  const one = createMetrics();
  const other = createMetrics();
  one.observer.ended(run, outcome, null);
  expect(await one.text()).toContain('parley_runs_total{app="a",status="succeeded"} 1');
  expect(await other.text()).not.toContain('parley_runs_total{');
});
