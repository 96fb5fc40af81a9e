import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { chatApp } from '../support/parley/apps.ts';
import { EventReader } from '../support/parley/read-events.ts';
import { type ParleyHome, parleyHome } from './parley-home.ts';

let home: ParleyHome | undefined;
afterEach(async () => {
  await home?.remove();
  home = undefined;
});

test('serve prints for each app its mode, a key and a curl line, and then where it listens', async () => {
  home = await parleyHome({ assistant: chatApp() });
  const server = await home.serve();
  expect(await (await fetch(`${server.url}/health`)).json()).toEqual({ status: 'ok' });
  server.child.kill('SIGTERM');
  const { code, stdout } = await server.end();
  expect(code).toBe(0);
  expect(stdout).toContain('assistant (chat): Test chat');
  expect(stdout).toMatch(/key {3}app-[\w-]{24,}/);
  expect(stdout).toContain(`curl -N ${server.url}/v1/chat-messages`);
  expect(stdout).toContain('demo model answers');
  expect(stdout.match(/^listening on /gm)).toHaveLength(1);
});

test('flags without a command are flags of serve', async () => {
  home = await parleyHome({ assistant: chatApp() });
  const server = home.start('--port', '0');
  await server.sees(/^listening on http/m);
  server.child.kill('SIGINT');
  expect((await server.end()).code).toBe(0);
});

test('SIGTERM lets a running stream have its terminal event, and exits with 0', async () => {
  const provider = await startMockProvider({ reply: { tokens: ['One ', 'two'], hold: 1 } });
  home = await parleyHome(
    { assistant: chatApp() },
    {
      providers: { openai: { api_key: 'sk-test', base_url: provider.baseUrl } },
      limits: { drain_time: '200ms' },
    },
  );
  const server = await home.serve();
  const [, key] = await server.sees(/key {3}(app-\S+)/);
  const response = await fetch(`${server.url}/v1/chat-messages`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      inputs: {},
      query: 'Hi',
      user: 'u',
      response_mode: 'streaming',
      auto_generate_name: false,
    }),
  });
  const reader = new EventReader(response);
  await reader.readUntil((event) => event.event === 'message');
  server.child.kill('SIGTERM');
  expect((await reader.readAll()).at(-1)).toMatchObject({ event: 'message_end' });
  expect((await server.end()).code).toBe(0);
  await provider.close();
});

test('a wrong parley.yml stops the start with file, line and what was expected', async () => {
  home = await parleyHome({ assistant: chatApp() }, 'host: 127.0.0.1\nport: many\nprot: 1\n');
  const { code, stderr, stdout } = await home.run('serve');
  expect(code).toBe(1);
  expect(stderr).toMatch(/^parley\.yml:2:7: .*expected a port number from 0 to 65535$/m);
  expect(stderr).toContain('parley.yml:3:1: ');
  expect(stderr).not.toContain('    at ');
  expect(stdout).toBe('');
});

test.each([
  ['an unknown flag', ['serve', '--prot', '1'], "Unknown option '--prot'"],
  ['an apps folder that is not there', ['serve', '--port', '0', '--apps', 'nowhere'], 'nowhere'],
])('%s is said without a stack', async (_what, args, text) => {
  home = await parleyHome({ assistant: chatApp() });
  const { code, stderr } = await home.run(...args);
  expect(code).toBe(1);
  expect(stderr).toContain(text);
  expect(stderr).not.toContain('    at ');
});

test('a second server on the same data folder, or on a taken port, says so', async () => {
  home = await parleyHome({ assistant: chatApp() });
  const server = await home.serve();
  const sameFolder = await home.run('serve', '--port', '0');
  expect(sameFolder).toMatchObject({ code: 1, stdout: '' });
  expect(sameFolder.stderr).toContain('Another Parley is using the data folder');
  const samePort = await home.run('serve', '--data', 'other', '--port', new URL(server.url).port);
  expect(samePort.code).toBe(1);
  expect(samePort.stderr).toContain('choose one with --port');
});

test('help, --version, and commands that do not exist', async () => {
  home = await parleyHome({});
  const help = await home.run('help');
  expect(help.code).toBe(0);
  for (const command of ['serve', 'app list', 'app check', 'key create', 'key list', 'key revoke', 'chat']) {
    expect(help.stdout).toContain(`parley ${command}`);
  }
  expect((await home.run('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  for (const args of [
    ['sevre'],
    ['app'],
    ['key', 'remove'],
    ['toString'],
    ['key', 'list', '--wrong'],
    ['key', 'revoke'],
  ]) {
    const { code, stdout, stderr } = await home.run(...args);
    expect([args, code, stdout]).toEqual([args, 2, '']);
    expect(stderr).toContain('parley ');
    expect(stderr).not.toContain('    at ');
  }
});

test('a broken app file is no reason not to serve the others', async () => {
  home = await parleyHome({ assistant: chatApp() });
  await writeFile(join(home.root, 'examples', 'broken.yml'), 'kind: app\napp: {mode: chat}\n');
  const server = await home.serve();
  server.child.kill('SIGTERM');
  const { stdout, stderr } = await server.end();
  expect(stdout).toContain('serves 1 app ');
  expect(stderr).toContain('"file":"broken.yml"');
});
