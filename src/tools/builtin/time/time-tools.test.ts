import { afterEach, expect, test, vi } from 'vitest';
import { builtinsUnderTest } from '../builtins-under-test.fixture.ts';

afterEach(() => {
  vi.useRealTimers();
});

function at(time: string) {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date(time) });
}

test('current_time', async () => {
  const { text } = builtinsUnderTest();
  at('2024-02-29T23:30:05.600Z');
  expect(await text('time', 'current_time', {})).toBe('2024-02-29 23:30:05');
  expect(await text('time', 'current_time', { timezone: 'Asia/Shanghai' })).toBe('2024-03-01 07:30:05');
  expect(await text('time', 'current_time', { format: '%A, %-d %B %Y', timezone: 'America/New_York' })).toBe(
    'Thursday, 29 February 2024',
  );
});

test('current_time without a format has the zone', async () => {
  const { text } = builtinsUnderTest();
  at('2024-07-01T00:00:00Z');
  expect(await text('time', 'current_time', { format: '' })).toBe('2024-07-01 00:00:00 UTC');
  const berlin = { format: '', timezone: 'Europe/Berlin' };
  expect(await text('time', 'current_time', berlin)).toBe('2024-07-01 02:00:00 CEST');
});

test('current_time of an exported app that has left them open', async () => {
  const { text } = builtinsUnderTest();
  at('2024-07-01T00:00:00Z');
  expect(await text('time', 'current_time', { format: null, timezone: null })).toBe('2024-07-01 00:00:00');
  expect(await text('time', 'current_time', { timezone: '' })).toBe('2024-07-01 00:00:00');
});

test.each([
  'Mars/Base',
  '+08:00',
  'UTC+8x',
  '2024-01-01T00:00[Asia/Tokyo]',
  '../etc/passwd',
  'Asia/Shanghai ',
])('%j is no time zone', async (timezone) => {
  const { failure } = builtinsUnderTest();
  expect(await failure('time', 'current_time', { timezone })).toMatchObject({
    kind: 'arguments',
    message: `Invalid timezone: ${timezone}`,
  });
});

test('localtime_to_timestamp', async () => {
  const { text } = builtinsUnderTest();
  const ask = (localtime: string, timezone?: string) =>
    text('time', 'localtime_to_timestamp', { localtime, ...(timezone === undefined ? {} : { timezone }) });
  expect(await ask('2024-01-01 08:00:00')).toBe('1704067200');
  expect(await ask('2024-1-1 0:00:00', 'UTC')).toBe('1704067200');
  expect(await ask('1969-12-31 23:59:59', 'UTC')).toBe('-1');
  // Clocks skip 02:30 in spring, and show it twice in autumn: as pytz has it, which takes winter time for both.
  expect(await ask('2024-03-31 02:30:00', 'Europe/Berlin')).toBe('1711848600');
  expect(await ask('2024-10-27 02:30:00', 'Europe/Berlin')).toBe('1729992600');
});

test.each(['2024-01-01', '01.02.2024 10:00:00', '2024-02-30 00:00:00', '2024-01-01 25:00:00', 'now', ''])(
  '%j is no local time',
  async (localtime) => {
    const { failure } = builtinsUnderTest();
    expect(await failure('time', 'localtime_to_timestamp', { localtime })).toMatchObject({
      kind: 'arguments',
      message: `Invalid time: ${JSON.stringify(localtime)}. It must look like "2024-05-01 08:30:00".`,
    });
  },
);

test('timestamp_to_localtime', async () => {
  const { text, failure } = builtinsUnderTest();
  const ask = (timestamp: unknown, timezone = 'UTC') =>
    text('time', 'timestamp_to_localtime', { timestamp, timezone });
  expect(await text('time', 'timestamp_to_localtime', { timestamp: 1704067200 })).toBe('2024-01-01 08:00:00');
  expect(await ask('1704067200')).toBe('2024-01-01 00:00:00');
  expect(await ask(1704067200.9)).toBe('2024-01-01 00:00:00');
  expect(await ask(-1.5)).toBe('1969-12-31 23:59:58');
  expect(await ask(253402300799)).toBe('9999-12-31 23:59:59');
  for (const timestamp of [253402300800, 1704067200000, 1e300, -1e300]) {
    const error = await failure('time', 'timestamp_to_localtime', { timestamp, timezone: 'UTC' });
    expect(error).toMatchObject({
      kind: 'arguments',
      message: expect.stringMatching(/^Invalid timestamp: .* It is in seconds\.$/),
    });
  }
});

test('timezone_conversion', async () => {
  const { text, failure } = builtinsUnderTest();
  const current_time = '2024-01-01 23:30:00';
  expect(await text('time', 'timezone_conversion', { current_time })).toBe('2024-01-02 00:30:00');
  const zones = { current_timezone: 'America/New_York', target_timezone: 'Asia/Kolkata' };
  expect(await text('time', 'timezone_conversion', { current_time, ...zones })).toBe('2024-01-02 10:00:00');
  const wrong = await failure('time', 'timezone_conversion', { current_time, target_timezone: 'X/Y' });
  expect(wrong.message).toBe('Invalid timezone: X/Y');
});

test('weekday', async () => {
  const { text, failure } = builtinsUnderTest();
  const ask = (year: unknown, month: unknown, day: unknown) => text('time', 'weekday', { year, month, day });
  expect(await ask(2024, 1, 5)).toBe('January 5, 2024 is Friday.');
  expect(await ask('2000', '2', '29')).toBe('February 29, 2000 is Tuesday.');
  for (const [year, month, day] of [
    [2023, 2, 29],
    [2024, 13, 1],
    [2024, 0, 1],
    [2024, 1, 1.5],
    [0, 1, 1],
    [10000, 1, 1],
  ]) {
    expect(await failure('time', 'weekday', { year, month, day })).toMatchObject({
      kind: 'arguments',
      message: `Invalid date: Year ${year}, Month ${month}, Day ${day}.`,
    });
  }
});
