/** A duration in milliseconds as seconds, to the microsecond. */
export function elapsedSeconds(ms: number): number {
  return Math.round(ms * 1000) / 1_000_000;
}
