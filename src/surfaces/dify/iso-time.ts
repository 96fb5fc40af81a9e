/**
 * A time as feedback lists and end users carry it: UTC, whole seconds, no zone (`facts/dify-wire.md` §8.6, §9.2).
 *
 * @example isoTime(0) // '1970-01-01T00:00:00'
 */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19);
}
