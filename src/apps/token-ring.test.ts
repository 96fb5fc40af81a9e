import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/support/parley/test-database.ts';
import { deleteAccessToken, listAccessTokens } from '../store/access-tokens.ts';
import { openStore, type Store } from '../store/open-store.ts';
import { createAppKey } from './key-ring.ts';
import { createAccessToken, TokenRing } from './token-ring.ts';

let dir: string;
let testDatabase: TestDatabase;
let store: Store;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'parley-ring-'));
  testDatabase = await createTestDatabase();
  store = await openStore(
    testDatabase.url
      ? { kind: 'postgres', url: testDatabase.url }
      : { kind: 'sqlite', path: join(dir, 'parley.db') },
    { info: () => {} },
  );
  vi.useFakeTimers({ toFake: ['Date', 'performance'], now: Date.parse('2026-06-01') });
});
afterEach(async () => {
  vi.useRealTimers();
  await store.destroy();
  await testDatabase.drop();
  rmSync(dir, { recursive: true });
});

const ALL = { apps: 'all', scopes: 'all' } as const;

test('a token opens what it was made for', async () => {
  const all = await createAccessToken(store, ALL);
  vi.advanceTimersByTime(1);
  const some = await createAccessToken(store, { apps: ['a', 'b'], scopes: ['chat'] });
  expect(all).toMatch(/^pat_[\w-]{32}$/);
  const rows = await listAccessTokens(store);
  expect(rows.map(({ prefix, last_used_at }) => [prefix, last_used_at])).toEqual([
    [all.slice(0, 8), null],
    [some.slice(0, 8), null],
  ]);
  expect(JSON.stringify(rows)).not.toContain(all);
  const ring = new TokenRing(store, []);
  for (const _ of ['looked up', 'known']) {
    expect(await ring.find(all)).toEqual({ tokenId: rows[0]?.id, ...ALL });
    expect(await ring.find(some)).toEqual({ tokenId: rows[1]?.id, apps: ['a', 'b'], scopes: ['chat'] });
  }
});

test('a token of the configuration has a name that does not tell it', async () => {
  const ring = new TokenRing(store, [{ key: 'pat_mine', apps: ['a'], scopes: 'all' }]);
  expect(await ring.find('pat_mine')).toEqual({
    tokenId: expect.stringMatching(/^config-[\da-f]{12}$/),
    apps: ['a'],
    scopes: 'all',
  });
  expect(await ring.find('pat_min')).toBeNull();
});

test('a revoked token stops working within five seconds', async () => {
  const token = await createAccessToken(store, ALL);
  const ring = new TokenRing(store, []);
  const { tokenId = '' } = (await ring.find(token)) ?? {};
  expect(await deleteAccessToken(store, tokenId)).toBe(true);
  expect(await deleteAccessToken(store, tokenId)).toBe(false);
  vi.advanceTimersByTime(4_900);
  expect(await ring.find(token)).not.toBeNull();
  vi.advanceTimersByTime(200);
  expect(await ring.find(token)).toBeNull();
});

test('the time of last use is written', async () => {
  const token = await createAccessToken(store, ALL);
  const used = Date.now();
  await new TokenRing(store, []).find(token);
  await vi.waitFor(async () => expect((await listAccessTokens(store))[0]?.last_used_at).toBe(used));
});

test('what is no token, or a key of another kind, is unknown', async () => {
  const token = await createAccessToken(store, ALL);
  const ring = new TokenRing(store, [{ key: 'pat_mine', ...ALL }]);
  const others = ['', '\0', 'pat_', `${token}\0`, `pat_mine\0`, ` ${token}`, token.slice(0, -1)];
  const odd = ['pat_'.padEnd(1_000_000, 'x'), '\ud800', '__proto__', await createAppKey(store, 'a')];
  for (const other of [...others, ...odd]) expect(await ring.find(other)).toBeNull();
});
