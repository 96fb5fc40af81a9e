import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { deleteApiKey, listApiKeys } from '../store/api-keys.ts';
import { openStore, type Store } from '../store/open-store.ts';
import { createAppKey, KeyRing } from './key-ring.ts';

let dir: string;
let store: Store;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'parley-ring-'));
  store = await openStore({ kind: 'sqlite', path: join(dir, 'parley.db') }, { info: () => {} });
  vi.useFakeTimers({ toFake: ['Date', 'performance'], now: Date.parse('2026-06-01') });
});
afterEach(async () => {
  vi.useRealTimers();
  await store.destroy();
  rmSync(dir, { recursive: true });
});

test('a clock that is set back does not lengthen the life of a revoked key', async () => {
  const key = await createAppKey(store, 'a');
  const ring = new KeyRing(store, []);
  const grant = await ring.find(key);
  expect(grant).toMatchObject({ appId: 'a' });
  await deleteApiKey(store, grant?.keyId as string);
  vi.setSystemTime(Date.parse('2026-05-01'));
  vi.advanceTimersByTime(4_900);
  expect(await ring.find(key)).toEqual(grant);
  vi.advanceTimersByTime(200);
  expect(await ring.find(key)).toBeNull();
});

test('the time of last use is written at first, and again after a minute', async () => {
  const key = await createAppKey(store, 'a');
  const ring = new KeyRing(store, []);
  const lastUse = async () => (await listApiKeys(store))[0]?.last_used_at;
  const first = Date.now();
  for (const wait of [0, 59_000]) {
    vi.advanceTimersByTime(wait);
    await ring.find(key);
    expect(await lastUse()).toBe(first);
  }
  vi.advanceTimersByTime(1_000);
  await ring.find(key);
  expect(await lastUse()).toBe(first + 60_000);
});

test('a key is kept before it works', async () => {
  const keep = vi.fn();
  const destroyed = await openStore({ kind: 'sqlite', path: join(dir, 'other.db') }, { info: () => {} });
  await destroyed.destroy();
  await expect(createAppKey(destroyed, 'a', keep)).rejects.toThrow();
  expect(keep).toHaveBeenCalledExactlyOnceWith(expect.stringMatching(/^app-[\w-]{32}$/));
});
