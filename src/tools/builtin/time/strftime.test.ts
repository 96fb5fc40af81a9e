import { expect, test } from 'vitest';
import { strftime } from './strftime.ts';
import { zonedTime } from './zoned-time.ts';

/** As CPython 3.13 writes Tuesday, 2024-12-31 00:59:59.987 in Berlin, in the C locale on Linux. */
test.each([
  ['%Y-%m-%d %H:%M:%S', '2024-12-31 00:59:59'],
  ['%a %A %b %B %h', 'Tue Tuesday Dec December Dec'],
  ['%d/%e/%-d %j', '31/31/31 366'],
  ['%I:%M %p, %-I %P, %k|%l', '12:59 AM, 12 am,  0|12'],
  ['%C %y %g %G %V %U %W %u %w', '20 24 25 2025 01 52 53 2 2'],
  ['%c', 'Tue Dec 31 00:59:59 2024'],
  ['%x %X %D %F %R %T %r', '12/31/24 00:59:59 12/31/24 2024-12-31 00:59 00:59:59 12:59:59 AM'],
  ['%f %s %z %:z %Z', '987000 1735603199 +0100 +01:00 CET'],
  ['%n%t%%', '\n\t%'],
  ['%^a %^B', 'TUE DECEMBER'],
  ['%Q %! 100% %', '%Q %! 100% %'],
  ['年%Y月%m', '年2024月12'],
  ['', ''],
])('%j', async (format, text) => {
  expect(strftime(await zonedTime(1735603199987, 'Europe/Berlin'), format)).toBe(text);
});

test.each([
  ['UTC', 'UTC +0000'],
  ['Asia/Shanghai', 'CST +0800'],
  ['America/New_York', 'EDT -0400'],
  ['America/Los_Angeles', 'PDT -0700'],
  ['Asia/Tokyo', 'JST +0900'],
  ['Asia/Kolkata', 'IST +0530'],
  ['Asia/Ho_Chi_Minh', '+07 +0700'],
  ['America/Sao_Paulo', '-03 -0300'],
  ['Europe/London', 'BST +0100'],
  ['Australia/Sydney', 'AEST +1000'],
  ['Asia/Kathmandu', '+0545 +0545'],
])('the name of %s in July', async (zone, text) => {
  expect(strftime(await zonedTime(Date.UTC(2024, 6, 1), zone), '%Z %z')).toBe(text);
});

test('a format has its limit', async () => {
  const time = await zonedTime(0, 'UTC');
  expect(strftime(time, '%c'.repeat(500))).toHaveLength(24 * 500);
  expect(() => strftime(time, 'x'.repeat(1001))).toThrow(
    expect.objectContaining({ kind: 'arguments', message: 'The format is longer than 1000 characters.' }),
  );
});
