import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { insertApiKey, listApiKeys } from '../api-keys.ts';
import { commitTogether } from '../commit-together.ts';
import { openStore, type Store } from '../open-store.ts';
import { isBusy } from './is-busy.ts';

let dir: string;
let store: Store;
/** Another process, as far as SQLite can tell. */
let other: DatabaseSync;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'parley-driver-'));
  const path = join(dir, 'parley.db');
  store = await openStore({ kind: 'sqlite', path }, { info: () => {} });
  other = new DatabaseSync(path);
});
afterEach(async () => {
  vi.useRealTimers();
  other.close();
  await store.destroy();
  rmSync(dir, { recursive: true });
});

const row = (id: string) => ({
  id,
  app_id: 'a',
  hash: id,
  prefix: 'app-',
  created_at: 1,
  last_used_at: null,
});
const add = (id: string) => insertApiKey(store, row(id));
const addTogether = (id: string) =>
  commitTogether(store, async (trx) => void (await trx.insertInto('api_keys').values(row(id)).execute()));
const ids = async () => (await listApiKeys(store)).map(({ id }) => id);

test('while another process writes, writing waits, and neither reading nor the event loop does', async () => {
  other.exec('begin immediate');
  const began = performance.now();
  const writing = Promise.all([add('1'), addTogether('2'), addTogether('3'), add('4')]);
  expect(await ids()).toEqual([]);
  await new Promise(setImmediate);
  expect(await ids()).toEqual([]);
  other.exec('commit');
  await writing;
  expect(await ids()).toEqual(['1', '2', '3', '4']);
  expect(performance.now() - began).toBeLessThan(2_000);
});

test('a transaction that reads before it writes is not overtaken', async () => {
  await store.transaction().execute(async (trx) => {
    await trx.selectFrom('api_keys').selectAll().execute();
    expect(() => other.exec("delete from api_keys where id = 'none'")).toThrow(/locked/);
    await trx.insertInto('api_keys').values(row('1')).execute();
  });
  expect(await ids()).toEqual(['1']);
});

test('patience ends, for all that wait alike, and later writing goes on', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] });
  other.exec('begin immediate');
  const settled = Promise.allSettled([add('1'), addTogether('2'), addTogether('3')]);
  await vi.advanceTimersByTimeAsync(4_500);
  const pending = Symbol('pending');
  expect(await Promise.race([settled, Promise.resolve(pending)])).toBe(pending);
  // Not 5 s more for each of those that share a commit.
  await vi.advanceTimersByTimeAsync(600);
  for (const result of await settled) {
    expect(result.status).toBe('rejected');
    expect(isBusy((result as PromiseRejectedResult).reason)).toBe(true);
  }
  other.exec('commit');
  await add('4');
  expect(await ids()).toEqual(['4']);
});

test('other errors are not tried again', async () => {
  await add('1');
  await expect(
    store
      .insertInto('api_keys')
      .values({ ...row('1'), hash: 'other' })
      .execute(),
  ).rejects.toThrow(/UNIQUE/);
  await expect(Promise.all([addTogether('2'), addTogether('1')])).rejects.toThrow(/UNIQUE/);
  expect(await ids()).toEqual(['1', '2']);
});
