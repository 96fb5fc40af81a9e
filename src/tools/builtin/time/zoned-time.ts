import type { Temporal } from 'temporal-polyfill';
import { ToolError } from '../../tool-error.ts';

export type ZonedTime = Temporal.ZonedDateTime;

/** Names of the tz database; `Temporal` would also read offsets and whole timestamps. */
const ZONE = /^[A-Za-z][\w+-]*(\/[\w+-]+)*$/;

/** Python's `datetime` ends there, and so do the dates that people can write. */
const YEARS = { first: 1, last: 9999 };

/**
 * The moment in a time zone.
 *
 * @param milliseconds since 1970; fractions are cut
 * @throws ToolError `arguments`
 */
export async function zonedTime(milliseconds: number, zone: string): Promise<ZonedTime> {
  const { Temporal } = await load();
  const timeZone = await checkZone(zone);
  const time =
    Math.abs(milliseconds) < 1e15
      ? Temporal.Instant.fromEpochMilliseconds(Math.floor(milliseconds)).toZonedDateTimeISO(timeZone)
      : null;
  if (time !== null && time.year >= YEARS.first && time.year <= YEARS.last) return time;
  throw new ToolError('arguments', `Invalid timestamp: ${milliseconds / 1000}. It is in seconds.`);
}

/**
 * What clocks of a time zone show, e.g. `2024-05-01 08:30:00` (Python's `%Y-%m-%d %H:%M:%S`). Where a clock shows it twice, the
 * second time is meant; where it skips it, the clock has gone on by as much: in both cases as pytz, and so Dify, takes it.
 *
 * @throws ToolError `arguments`
 */
export async function zonedTimeOf(text: string, zone: string): Promise<ZonedTime> {
  const { Temporal } = await load();
  const timeZone = await checkZone(zone);
  const match = /^\s*(\d{4})-(\d{1,2})-(\d{1,2})\s+(\d{1,2}):(\d{1,2}):(\d{1,2})\s*$/.exec(text);
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match?.slice(1).map(Number) ?? [];
  const fields = { year, month, day, hour, minute, second };
  try {
    if (match !== null && year >= YEARS.first)
      return Temporal.PlainDateTime.from(fields, { overflow: 'reject' }).toZonedDateTime(timeZone, {
        disambiguation: 'later',
      });
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
  }
  const given = JSON.stringify(text.slice(0, 100));
  throw new ToolError('arguments', `Invalid time: ${given}. It must look like "2024-05-01 08:30:00".`);
}

async function checkZone(zone: string): Promise<string> {
  const { Temporal } = await load();
  try {
    if (ZONE.test(zone)) return Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone).timeZoneId;
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
  }
  throw new ToolError('arguments', `Invalid timezone: ${zone.slice(0, 100)}`);
}

/** Not before the first call: most servers never need it. */
function load() {
  return import('temporal-polyfill');
}
