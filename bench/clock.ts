import { setTimeout as delay } from 'node:timers/promises';

/** Milliseconds on the machine's monotonic clock: the same clock in every process, so stamps can be subtracted. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

export function sleep(ms: number): Promise<void> {
  return delay(ms);
}

/** Value at quantile `q` (0 to 1) of `values`; NaN when there are none. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}

/** Middle value, or the mean of the two middle ones. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const high = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  return sorted.length % 2 === 1 ? high : (high + (sorted[sorted.length / 2 - 1] ?? Number.NaN)) / 2;
}
