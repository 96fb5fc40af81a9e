import type { ZonedTime } from './zoned-time.ts';

/** Each of these knows the names of its own part of the world only. */
const LOCALES = ['en-US', 'en-GB', 'en-AU', 'en-CA'];

/** Names of the tz database that these have not, of zones where many people live. */
const OTHERS: Readonly<Record<string, string>> = {
  'Asia/Shanghai': 'CST',
  'Asia/Taipei': 'CST',
  'Asia/Macau': 'CST',
  'Asia/Hong_Kong': 'HKT',
  'Asia/Tokyo': 'JST',
  'Asia/Seoul': 'KST',
  'Asia/Kolkata': 'IST',
  'Asia/Calcutta': 'IST',
  'Asia/Manila': 'PST',
  'Asia/Jakarta': 'WIB',
  'Asia/Karachi': 'PKT',
  'Africa/Johannesburg': 'SAST',
  'Europe/Moscow': 'MSK',
};

/** What a time zone is called then, as the tz database has it: `CEST`, `CST`, or `+0530` where it has no name. */
export function zoneName(time: ZonedTime): string {
  const other = OTHERS[time.timeZoneId];
  if (other !== undefined) return other;
  for (const locale of LOCALES) {
    const format = new Intl.DateTimeFormat(locale, { timeZone: time.timeZoneId, timeZoneName: 'short' });
    const parts = format.formatToParts(time.epochMilliseconds);
    const name = parts.find(({ type }) => type === 'timeZoneName')?.value ?? '';
    if (/^[A-Z]{3,5}$/.test(name)) return name;
  }
  return time.offset.replace(':', '').replace(/00$/, '');
}
