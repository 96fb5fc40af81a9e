import { expect, test } from 'vitest';
import { logId } from './log-id.ts';

const now = new Date('2024-12-10T15:27:26.467Z');

test('the time in UTC, and the end of the id that the request has in the log', () => {
  expect(logId('01a1fa4c-2136-71d9-874a-a6a8c68cb562', now)).toBe('2024121015272671D9874AA6A8C68CB562');
});

test.each(['', 'mine', '01a1fa4c-2136-71d9-874a', 'g'.repeat(32), '"><script>'])(
  'an id that is no UUID (%s) is not shown; digits of its own stand in its place',
  (id) => {
    const [one, other] = [logId(id, now), logId(id, now)];
    expect(one).toMatch(/^20241210152726[0-9A-F]{20}$/);
    expect(other).not.toBe(one);
  },
);
