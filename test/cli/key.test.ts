import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { chatApp } from '../support/parley/apps.ts';
import { type ParleyHome, parleyHome } from './parley-home.ts';

let home: ParleyHome;
beforeEach(async () => {
  home = await parleyHome(
    { assistant: chatApp() },
    { keys: [{ key: 'app-from-the-file', app: 'assistant' }] },
  );
});
afterEach(() => home.remove());

test('a key made beside the running server opens the app at once, and does so no more once it is revoked', async () => {
  const server = await home.serve();
  const made = await home.run('key', 'create', '--app', 'assistant');
  expect(made).toMatchObject({ code: 0, stderr: '' });
  expect(made.stdout).toMatch(/^app-[\w-]{24,}\n$/);
  const key = made.stdout.trim();
  const ask = async () =>
    (await fetch(`${server.url}/v1/parameters`, { headers: { authorization: `Bearer ${key}` } })).status;
  expect(await ask()).toBe(200);

  const list = (await home.run('key', 'list')).stdout.split('\n');
  expect(list[0]).toMatch(/^ID +KEY +APP +LAST USED$/);
  const row = list.find((line) => line.includes(key.slice(0, 8)));
  expect(row).toMatch(/assistant +\d{4}-\d\d-\d\d \d\d:\d\d UTC$/);
  expect(list.join('\n')).not.toContain(key);
  expect(list.at(-2)).toMatch(/^\(parley\.yml\) +app-from… +assistant +-$/);

  const [id = ''] = row?.split(' ') ?? [];
  expect(await home.run('key', 'revoke', id)).toEqual({ code: 0, stdout: `revoked ${id}\n`, stderr: '' });
  const revoked = Date.now();
  let status = 200;
  while (status !== 401 && Date.now() - revoked < 6_000) {
    await sleep(100);
    status = await ask();
  }
  expect(status).toBe(401);
  expect((await home.run('key', 'list')).stdout).not.toContain(id);
});

test('a key is not made for an app that does not exist', async () => {
  const { code, stdout, stderr } = await home.run('key', 'create', '--app', 'asistant');
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(/^there is no app asistant in .*; there are: assistant\n$/);
});

test('a key that is not there cannot be revoked', async () => {
  const { code, stderr } = await home.run('key', 'revoke', '01890000-0000-7000-8000-000000000000');
  expect(code).toBe(1);
  expect(stderr).toContain('there is no key with the id');
});
