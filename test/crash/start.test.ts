import { afterEach, beforeEach, expect, test } from 'vitest';
import { chatApp } from '../support/parley/apps.ts';
import { openTestStore } from '../support/parley/open-test-store.ts';
import { type Home, makeHome } from './serve.ts';

let home: Home;

beforeEach(async () => {
  home = await makeHome({ apps: { chat: chatApp() }, provider: 'http://127.0.0.1:9/v1' });
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
