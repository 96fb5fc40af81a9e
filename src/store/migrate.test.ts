import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Kysely, sql } from 'kysely';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/support/parley/test-database.ts';
import { migrations } from './migrations/index.ts';
import { openStore } from './open-store.ts';

vi.mock('./migrations/index.ts', async (original) => {
  const { migrations } = await original<typeof import('./migrations/index.ts')>();
  return { migrations: { ...migrations } };
});

const NEXT = '9998-next';
const known = migrations as Record<string, (db: Kysely<unknown>) => Promise<void>>;

let dir: string;
let testDatabase: TestDatabase;
const log = { info: vi.fn() };

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'parley-migrate-'));
  testDatabase = await createTestDatabase();
  log.info.mockReset();
});
afterEach(async () => {
  delete known[NEXT];
  await testDatabase.drop();
  rmSync(dir, { recursive: true });
});

const path = () => join(dir, 'parley.db');
const open = () =>
  openStore(
    testDatabase.url ? { kind: 'postgres', url: testDatabase.url } : { kind: 'sqlite', path: path() },
    log,
  );

async function seed(): Promise<void> {
  const store = await open();
  await store
    .insertInto('api_keys')
    .values({ id: 'k', app_id: 'a', hash: 'h', prefix: 'p', created_at: 1, last_used_at: null })
    .execute();
  await store.destroy();
}

test('a new database is made without a backup, and opened again without a change', async () => {
  await seed();
  const store = await open();
  expect(await store.selectFrom('api_keys').select('hash').execute()).toEqual([{ hash: 'h' }]);
  await store.destroy();
  expect(log.info).not.toHaveBeenCalled();
});

test('an older one is brought up to date; the embedded one is backed up first', async () => {
  await seed();
  known[NEXT] = async (db) => {
    await sql`create table added (id text)`.execute(db);
    await sql`delete from api_keys`.execute(db);
  };
  const store = await open();
  expect(await store.selectFrom('api_keys').select('hash').execute()).toEqual([]);
  expect(
    await store
      .selectFrom('added' as 'runs')
      .selectAll()
      .execute(),
  ).toEqual([]);
  await store.destroy();
  if (testDatabase.url) return;
  const backup = `${path()}.before-${NEXT}`;
  expect(log.info).toHaveBeenCalledWith({ backup }, expect.stringContaining('backed up'));
  expect(statSync(backup).mode & 0o777).toBe(0o600);
  const old = new DatabaseSync(backup, { readOnly: true });
  expect(old.prepare('select hash from api_keys').all()).toMatchObject([{ hash: 'h' }]);
  old.close();
});

test('a migration that fails changes nothing, and the next start tries again', async () => {
  await seed();
  known[NEXT] = async (db) => {
    await sql`delete from api_keys`.execute(db);
    throw new Error('half way');
  };
  await expect(open()).rejects.toThrow('half way');
  delete known[NEXT];
  const store = await open();
  expect(await store.selectFrom('api_keys').select('hash').execute()).toEqual([{ hash: 'h' }]);
  await store.destroy();
});

test.skipIf(process.env.PARLEY_TEST_DATABASE_URL)(
  'each attempt is backed up as the database is then, and an earlier backup is kept',
  async () => {
    await seed();
    const backup = `${path()}.before-${NEXT}`;
    writeFileSync(backup, 'left by an earlier attempt');
    known[NEXT] = async () => {
      throw new Error('half way');
    };
    await expect(open()).rejects.toThrow('half way');
    const old = new DatabaseSync(path());
    old.exec("update api_keys set hash = 'newer'");
    old.close();
    known[NEXT] = async () => {};
    await (await open()).destroy();

    expect(readFileSync(backup, 'utf8')).toBe('left by an earlier attempt');
    const hashes = [2, 3].map((n) => {
      const copy = new DatabaseSync(`${backup}.${n}`, { readOnly: true });
      const found = copy.prepare('select hash from api_keys').get()?.hash;
      copy.close();
      return found;
    });
    expect(hashes).toEqual(['h', 'newer']);
    expect(log.info).toHaveBeenLastCalledWith({ backup: `${backup}.3` }, expect.anything());
    expect(readdirSync(dir).filter((name) => name.endsWith('.partial'))).toEqual([]);
  },
);

test('a newer one is refused, untouched and not backed up', async () => {
  known[NEXT] = async () => {};
  await seed();
  delete known[NEXT];
  await expect(open()).rejects.toThrow(
    /changed by a newer Parley \(migration 9998-next is not known here\)[\s\S]*restore the backup/,
  );
  expect(existsSync(`${path()}.before-${NEXT}`)).toBe(false);
});

test('two starts at once make one schema', async () => {
  const stores = await Promise.all(testDatabase.url ? [open(), open(), open()] : [open()]);
  for (const store of stores) {
    expect(await store.selectFrom('runs').selectAll().execute()).toEqual([]);
    await store.destroy();
  }
});
