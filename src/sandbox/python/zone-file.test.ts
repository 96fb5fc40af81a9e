import { expect, test } from 'vitest';
import { zoneFile } from './zone-file.ts';

/** Reads what it needs of a TZif file, as RFC 9636 has it. */
function offsetAt(file: Uint8Array, time: number): { offset: number; summer: boolean; name: string } {
  const view = Buffer.from(file);
  const skip = 44 + 7;
  expect(view.subarray(skip, skip + 5).toString()).toBe('TZif2');
  const [changes, kinds] = [view.readUInt32BE(skip + 32), view.readUInt32BE(skip + 36)];
  const start = skip + 44;
  let kind = 0;
  for (let at = 0; at < changes && Number(view.readBigInt64BE(start + at * 8)) <= time; at += 1) {
    kind = view.readUInt8(start + changes * 8 + at);
  }
  const record = start + changes * 9 + kind * 6;
  const names = start + changes * 9 + kinds * 6;
  const from = names + view.readUInt8(record + 5);
  return {
    offset: view.readInt32BE(record) / 3600,
    summer: view.readUInt8(record + 4) === 1,
    name: view.subarray(from, view.indexOf(0, from)).toString(),
  };
}

test.each([
  ['UTC', '2024-07-01T00:00:00Z', 0, false, 'UTC'],
  ['Asia/Shanghai', '2024-07-01T00:00:00Z', 8, false, '+08'],
  ['Asia/Shanghai', '1989-07-01T00:00:00Z', 9, true, '+09'],
  ['Asia/Kolkata', '2024-07-01T00:00:00Z', 5.5, false, '+0530'],
  ['Europe/Berlin', '2024-03-31T00:59:59Z', 1, false, 'CET'],
  ['Europe/Berlin', '2024-03-31T01:00:00Z', 2, true, 'CEST'],
  ['America/New_York', '2024-11-03T05:59:59Z', -4, true, 'EDT'],
  ['America/New_York', '2024-11-03T06:00:00Z', -5, false, 'EST'],
  ['US/Pacific', '2036-07-01T00:00:00Z', -7, true, 'PDT'],
  ['America/Argentina/Buenos_Aires', '2024-07-01T00:00:00Z', -3, false, '-03'],
  ['Australia/Sydney', '1970-01-01T00:00:00Z', 10, false, 'AEST'],
  ['Etc/GMT+3', '2024-07-01T00:00:00Z', -3, false, '-03'],
])('%s at %s is %d hours from UTC', (zone, time, offset, summer, name) => {
  const file = zoneFile(zone);
  expect(file).not.toBeNull();
  expect(offsetAt(file as Uint8Array, Date.parse(time) / 1000)).toEqual({ offset, summer, name });
});

test.each([
  '',
  'No/Where',
  '../etc/passwd',
  '/etc/passwd',
  'Europe/',
  'Europe/Berlin\0',
  '+01:00',
  'a'.repeat(1000),
])('%j is no zone', (zone) => {
  expect(zoneFile(zone)).toBeNull();
});
