import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDataFolder } from '../../src/store/data-folder.ts';
import { chatApp } from '../support/parley/apps.ts';
import { openTestStore } from '../support/parley/open-test-store.ts';
import { type Home, makeHome } from './serve.ts';

let home: Home;

beforeEach(async () => {
  home = await makeHome({ apps: { chat: chatApp(), other: chatApp() }, provider: 'http://127.0.0.1:9/v1' });
});
afterEach(() => home.remove());

test('a second server on the same data folder refuses to start, the first goes on', async () => {
  const first = await home.serve();
  await expect(home.serve()).rejects.toThrow(/exit code 1: [\s\S]*Another Parley is using the data folder/);
  expect((await fetch(`${first.url}/health`)).status).toBe(200);
  // Its lock goes with it, however it ends.
  await first.kill();
  await (await home.serve()).kill();
});

test('a database of a newer Parley refuses with a clear message and stays as it is', async () => {
  await (await home.serve()).end();
  const store = await openTestStore(home);
  await store
    .insertInto('kysely_migration' as 'runs')
    .values({ name: '9999-future', timestamp: new Date().toISOString() } as never)
    .execute();
  await store.destroy();
  await expect(home.serve()).rejects.toThrow(/exit code 1: [\s\S]*newer Parley[\s\S]*9999-future/);
});

test('a start that failed was no first start: the next one keeps the keys it makes', async () => {
  // What a start leaves that does not reach its database.
  openDataFolder(home.dataDir).unlock();
  await (await home.serve()).kill();
  expect(await readFile(join(home.dataDir, 'keys.txt'), 'utf8')).toMatch(/^other app-[\w-]{32}$/m);
});

test('an upload that a killed server was receiving is swept by the next', async () => {
  const partial = join(home.dataDir, 'files', 'ab', '00000000-0000-4000-8000-0000000000ab.partial');
  await mkdir(dirname(partial), { recursive: true });
  await writeFile(partial, 'half');
  await (await home.serve()).kill();
  expect(existsSync(partial)).toBe(false);
});
