const DATE = String.raw`(?<year>\d{4})(?:-(?<month>\d\d)(?:-(?<day>\d\d))?|(?<month2>\d\d)(?<day2>\d\d))?`;
const TIME = String.raw`(?<hour>\d\d)(?::?(?<minute>\d\d)(?::?(?<second>\d\d)(?:[.,](?<fraction>\d{1,9}))?)?)?`;
// In a query a plus that was not encoded comes as a blank.
const ZONE = String.raw`(?<zone>Z|(?<sign>[-+ ])(?<zoneHour>\d\d)(?::?(?<zoneMinute>\d\d))?)`;
const ISO_TIME = new RegExp(`^${DATE}(?:[T ]${TIME}${ZONE}?)?$`, 'i');

/**
 * Milliseconds since 1970 of an ISO 8601 time, as filters carry it (`facts/dify-wire.md` §12.2); without a zone it is UTC.
 * Null when it is none.
 *
 * @example readIsoTime('2024-07-24T10:41:13+08:00')
 */
export function readIsoTime(text: string): number | null {
  const parts = ISO_TIME.exec(text)?.groups;
  if (!parts) return null;
  const number = (name: string, absent = 0): number => Number(parts[name] ?? absent);
  const [year, month, day] = [
    number('year'),
    number('month', number('month2', 1)),
    number('day', number('day2', 1)),
  ];
  const [hour, minute, second] = [number('hour'), number('minute'), number('second')];
  const [zoneHour, zoneMinute] = [number('zoneHour'), number('zoneMinute')];
  if (year === 0 || hour > 23 || minute > 59 || second > 59 || zoneHour > 23 || zoneMinute > 59) return null;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  // A day that the month does not have has become one of the next.
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return null;
  const ahead = (zoneHour * 60 + zoneMinute) * (parts.sign === '-' ? -1 : 1);
  const milliseconds = Math.floor(Number(`0.${parts.fraction ?? 0}`) * 1000);
  return date.setUTCHours(hour, minute - ahead, second, milliseconds);
}
