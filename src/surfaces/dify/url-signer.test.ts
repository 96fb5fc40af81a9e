import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { urlSigner } from './url-signer.ts';

const ID = '00000000-0000-4000-8000-000000000000';
const signer = urlSigner(Buffer.alloc(32, 1), 300);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-06-01T12:00:00Z') });
});
afterEach(() => {
  vi.useRealTimers();
});

function query(): { timestamp: string; nonce: string; sign: string } {
  const { searchParams } = new URL(signer.sign(ID), 'http://parley');
  return Object.fromEntries(searchParams) as ReturnType<typeof query>;
}

test.each([
  [0, true],
  [300, true],
  [301, false],
  [-2, true],
  [-60, true],
  [-61, false],
])('an address by a clock that goes %i s on: %s', (seconds, works) => {
  const signed = query();
  vi.setSystemTime(Date.now() + seconds * 1000);
  expect(signer.verify(ID, signed)).toBe(works);
});
