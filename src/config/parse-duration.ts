const MILLISECONDS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;

/** What timers can wait for, 24.8 days; a longer one would mean "at once" to them. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * Milliseconds of `30s`, `20m`, `500ms`, `1.5h` or `0`; undefined for anything else, and for more than 24 days. A
 * bare number is refused because nobody can see whether it means seconds or milliseconds.
 *
 * @example parseDuration('30s') // 30000
 */
export function parseDuration(value: unknown): number | undefined {
  if (value === 0 || value === '0') return 0;
  const match = typeof value === 'string' ? /^(\d+(?:\.\d+)?)\s*(ms|s|m|h)$/.exec(value.trim()) : null;
  if (match === null) return undefined;
  const ms = Math.round(Number(match[1]) * MILLISECONDS[match[2] as keyof typeof MILLISECONDS]);
  return ms <= LONGEST_MS ? ms : undefined;
}
