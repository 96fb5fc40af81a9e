import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/support/parley/test-database.ts';
import { listApiKeys } from '../store/api-keys.ts';
import { openStore, type Store } from '../store/open-store.ts';
import type { App } from './app.ts';
import { ensureFirstKeys } from './first-keys.ts';
import { hashKey } from './hash-key.ts';

let dataDir: string;
let testDatabase: TestDatabase;
let store: Store;

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'parley-keys-'));
  testDatabase = await createTestDatabase();
  store = await openStore(
    testDatabase.url
      ? { kind: 'postgres', url: testDatabase.url }
      : { kind: 'sqlite', path: join(dataDir, 'parley.db') },
    { info: () => {} },
  );
});
afterEach(async () => {
  await store.destroy();
  await testDatabase.drop();
  rmSync(dataDir, { recursive: true });
});

const path = () => join(dataDir, 'keys.txt');
const start = (...ids: string[]) =>
  ensureFirstKeys(
    store,
    ids.map((id) => ({ id }) as App),
    { dataDir, configured: [] },
  );
/** The store as it is for a process that is killed before its first insert. */
const dying = new Proxy({} as Store, {
  get: (_target, name) => {
    if (name === 'insertInto') throw new Error('killed');
    return Reflect.get(store, name).bind(store);
  },
});
const lines = () => readFileSync(path(), 'utf8').split('\n').slice(1, -1);

test('each app has a key that every start shows, in a file for its owner only', async () => {
  const keys = await start('a', 'b');
  expect([...keys.keys()]).toEqual(['a', 'b']);
  expect(await start('a', 'b')).toEqual(keys);
  expect(lines()).toEqual([...keys].map(([app, key]) => `${app} ${key}`));
  expect(statSync(path()).mode & 0o777).toBe(0o600);
});

test('a start that was killed before it stored the key is made up for by the next', async () => {
  const apps = [{ id: 'a' } as App];
  await expect(ensureFirstKeys(dying, apps, { dataDir, configured: [] })).rejects.toThrow('killed');
  const [lost] = lines();
  const keys = await start('a');
  expect(`a ${keys.get('a')}`).not.toBe(lost);
  expect(lines()).toEqual([lost, `a ${keys.get('a')}`]);
  expect((await listApiKeys(store)).map(({ hash }) => hash)).toEqual([hashKey(keys.get('a') as string)]);
  expect(await start('a')).toEqual(keys);
});

test('a line that was cut off takes no other with it', async () => {
  writeFileSync(path(), '# Keys\na app-ha');
  const keys = await start('a');
  expect(lines()).toEqual(['a app-ha', `a ${keys.get('a')}`]);
  expect(await start('a')).toEqual(keys);
});

test('an app that comes after a start without apps is kept all the same', async () => {
  expect((await start()).size).toBe(0);
  const keys = await start('a');
  expect(await start('a')).toEqual(keys);
});

test('the file that its owner has deleted is not made again, and a new key is shown once', async () => {
  await start('a');
  rmSync(path());
  expect((await start('a', 'b')).has('b')).toBe(true);
  expect(existsSync(path())).toBe(false);
  expect((await start('a', 'b')).size).toBe(0);
});
