import { ToolError } from '../../tool-error.ts';
import { zoneName } from './zone-name.ts';
import type { ZonedTime } from './zoned-time.ts';

const MAX_FORMAT = 1000;
const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const MONTHS = [
  ...['January', 'February', 'March', 'April', 'May', 'June'],
  ...['July', 'August', 'September', 'October', 'November', 'December'],
];

type Directive = (time: ZonedTime) => string;

/** What Python's `strftime` knows on Linux, in the C locale. */
const DIRECTIVES: Readonly<Record<string, Directive>> = {
  a: (time) => dayName(time).slice(0, 3),
  A: dayName,
  b: (time) => monthName(time).slice(0, 3),
  B: monthName,
  c: (time) => strftime(time, '%a %b %e %H:%M:%S %Y'),
  C: (time) => pad(Math.floor(time.year / 100)),
  d: (time) => pad(time.day),
  D: (time) => strftime(time, '%m/%d/%y'),
  e: (time) => pad(time.day, 2, ' '),
  f: (time) => pad(time.millisecond * 1000 + time.microsecond, 6),
  F: (time) => strftime(time, '%Y-%m-%d'),
  g: (time) => pad((time.yearOfWeek ?? time.year) % 100),
  G: (time) => pad(time.yearOfWeek ?? time.year, 4),
  h: (time) => monthName(time).slice(0, 3),
  H: (time) => pad(time.hour),
  I: (time) => pad(time.hour % 12 || 12),
  j: (time) => pad(time.dayOfYear, 3),
  k: (time) => pad(time.hour, 2, ' '),
  l: (time) => pad(time.hour % 12 || 12, 2, ' '),
  m: (time) => pad(time.month),
  M: (time) => pad(time.minute),
  n: () => '\n',
  p: (time) => (time.hour < 12 ? 'AM' : 'PM'),
  P: (time) => (time.hour < 12 ? 'am' : 'pm'),
  r: (time) => strftime(time, '%I:%M:%S %p'),
  R: (time) => strftime(time, '%H:%M'),
  s: (time) => String(Math.floor(time.epochMilliseconds / 1000)),
  S: (time) => pad(time.second),
  t: () => '\t',
  T: (time) => strftime(time, '%H:%M:%S'),
  u: (time) => String(time.dayOfWeek),
  // Weeks that begin with the year's first Sunday (U) or Monday (W); the days before it are week 0.
  U: (time) => pad(Math.floor((time.dayOfYear + 6 - (time.dayOfWeek % 7)) / 7)),
  V: (time) => pad(time.weekOfYear ?? 0),
  w: (time) => String(time.dayOfWeek % 7),
  W: (time) => pad(Math.floor((time.dayOfYear + 6 - (time.dayOfWeek - 1)) / 7)),
  x: (time) => strftime(time, '%m/%d/%y'),
  X: (time) => strftime(time, '%H:%M:%S'),
  y: (time) => pad(time.year % 100),
  Y: (time) => String(time.year),
  z: (time) => time.offset.replace(':', ''),
  ':z': (time) => time.offset,
  Z: zoneName,
  '%': () => '%',
};

/**
 * A time in a format of Python's `strftime`, whose directives stand for their parts: `%Y-%m-%d`. With `-` a number comes
 * without the zeros before it (`%-d`), with `^` in capitals; what is no directive stays as it is.
 *
 * @throws ToolError `arguments` for a format that is too long
 */
export function strftime(time: ZonedTime, format: string): string {
  if (format.length > MAX_FORMAT)
    throw new ToolError('arguments', `The format is longer than ${MAX_FORMAT} characters.`);
  return format.replace(/%([-^]?)(:z|[A-Za-z%])/g, (whole, flag: string, name: string) => {
    const directive = Object.hasOwn(DIRECTIVES, name) ? DIRECTIVES[name] : undefined;
    if (directive === undefined) return whole;
    const text = directive(time);
    if (flag === '^') return text.toUpperCase();
    return flag === '-' ? text.replace(/^[0 ]+(?=\d)/, '') : text;
  });
}

function pad(value: number, width = 2, filler = '0'): string {
  return String(value).padStart(width, filler);
}

function dayName({ dayOfWeek }: ZonedTime): string {
  return DAYS[dayOfWeek - 1] as string;
}

function monthName({ month }: ZonedTime): string {
  return MONTHS[month - 1] as string;
}
