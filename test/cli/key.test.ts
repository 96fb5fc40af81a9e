import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { chatApp } from '../support/parley/apps.ts';
import { type ParleyHome, parleyHome } from './parley-home.ts';

let home: ParleyHome;
beforeEach(async () => {
  home = await parleyHome(
    { assistant: chatApp() },
    {
      keys: [
        { key: 'app-from-the-file', app: 'assistant' },
        { key: 'pat_from-the-file', bots: ['assistant', 'other'] },
      ],
    },
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
  expect(list[0]).toMatch(/^ID +KEY +APP +SCOPES +LAST USED$/);
  const row = list.find((line) => line.includes(key.slice(0, 8)));
  expect(row).toMatch(/assistant +- +\d{4}-\d\d-\d\d \d\d:\d\d UTC$/);
  expect(list.join('\n')).not.toContain(key);
  expect(list.at(-3)).toMatch(/^\(parley\.yml\) +app-from… +assistant +- +-$/);
  expect(list.at(-2)).toMatch(/^\(parley\.yml\) +pat_from… +assistant,other +\S+ +-$/);

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

test('an access token is made for all apps or for some, listed and revoked', async () => {
  const made = await home.run('key', 'create', '--coze');
  expect(made).toMatchObject({ code: 0, stderr: expect.not.stringContaining('pat_') });
  expect(made.stdout).toMatch(/^pat_[\w-]{32}\n$/);
  const some = await home.run('key', 'create', '--coze', '--bots', 'assistant', '--scopes', 'chat, getChat');
  expect(some.stdout).toMatch(/^pat_[\w-]{32}\n$/);
  const both = await home.run('key', 'create', '--coze', '--bots=*', '--scopes=chat,*');
  expect(both.stdout).toMatch(/^pat_[\w-]{32}\n$/);

  const list = (await home.run('key', 'list')).stdout;
  const tokens = [made, some, both].map(({ stdout }) => stdout.trim());
  const rows = tokens.map((token) =>
    list.split('\n').find((line) => line.includes(` ${token.slice(0, 8)}… `)),
  );
  expect(rows[0]).toMatch(/^[\da-f-]{36} +\S+ +\* +\* +never$/);
  expect(rows[1]).toMatch(/^[\da-f-]{36} +\S+ +assistant +chat,getChat +never$/);
  expect(rows[2]).toMatch(/ \* +\S+ +never$/);
  for (const token of tokens) expect(list).not.toContain(token);

  const [id = ''] = rows[1]?.split(' ') ?? [];
  expect(await home.run('key', 'revoke', id)).toEqual({ code: 0, stdout: `revoked ${id}\n`, stderr: '' });
  expect((await home.run('key', 'list')).stdout).not.toContain(id);
  expect((await home.run('key', 'revoke', id)).code).toBe(1);
});

test.each([
  [['--coze', '--app', 'assistant'], 2, /^--coze and --app .*\nusage: parley key create --app ID \|/],
  [['--app', 'assistant', '--bots', 'assistant'], 2, /^--bots and --scopes need --coze\nusage: /],
  [['--coze', '--scopes', 'chat,'], 2, /^--scopes takes names with commas between them.*\nusage: /],
  [[], 2, /^usage: parley key create /],
  [['--coze', '--bots', 'assistant,asistant'], 1, /^there is no app asistant in .*; there are: assistant\n$/],
  [
    ['--coze', '--scopes', 'chat,chta,x'],
    1,
    /^there is no permission chta, x; there are: chat, getChat, .*\n$/,
  ],
])('key create %j is refused', async (args, exitCode, message) => {
  const { code, stdout, stderr } = await home.run('key', 'create', ...args);
  expect([code, stdout]).toEqual([exitCode, '']);
  expect(stderr).toMatch(message);
  expect((await home.run('key', 'list')).stdout.split('\n')).toHaveLength(4);
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
