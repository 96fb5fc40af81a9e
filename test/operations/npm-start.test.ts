import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { EventReader } from '../support/parley/read-events.ts';

const ROOT = join(import.meta.dirname, '../..');
const KEY = 'app-npm00000000000000000000000000';

let home: string;
let provider: MockProvider;
let npm: ChildProcess | null = null;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'parley-npm-'));
  provider = await startMockProvider({ reply: { gate: true } });
});
afterEach(async () => {
  if (npm?.pid !== undefined && groupLives(npm.pid)) process.kill(-npm.pid, 'SIGKILL');
  npm = null;
  await provider.close();
  await rm(home, { recursive: true, force: true });
});

/** Whether any process of a group is left: npm, its shell, the server. */
function groupLives(pid: number): boolean {
  try {
    process.kill(-pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** As a user starts it: in the repository's folder, with a process group of its own as a shell gives one. */
async function npmStart() {
  const config = join(home, 'parley.yml');
  await writeFile(
    config,
    stringify({
      providers: { openai: { api_key: 'sk-test', base_url: provider.baseUrl } },
      keys: [{ key: KEY, app: 'assistant' }],
      limits: { drain_time: '300ms' },
    }),
  );
  const args = ['--port', '0', '--data', join(home, 'data'), '--apps', 'examples', '--config', config];
  const child = spawn('npm', ['start', '--', ...args], {
    cwd: ROOT,
    detached: true,
    env: { PATH: process.env.PATH, HOME: home, npm_config_update_notifier: 'false' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  npm = child;
  const gone = new Promise<{ code: number | null; signal: string | null }>((resolve) =>
    child.once('exit', (code, signal) => resolve({ code, signal })),
  );
  let output = '';
  const url = await new Promise<string>((resolve, reject) => {
    const listen = (chunk: Buffer) => {
      output += chunk;
      const [, found] = /^listening on (\S+)$/m.exec(output) ?? [];
      if (found) resolve(found);
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    child.once('error', reject);
    void gone.then(() => reject(new Error(output)));
  });
  return { pid: child.pid as number, url, gone, output: () => output };
}

/** A stream that has begun and would go on. */
async function openStream(url: string): Promise<EventReader> {
  const response = await fetch(`${url}/v1/chat-messages`, {
    method: 'POST',
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      inputs: {},
      query: 'q',
      user: 'u',
      response_mode: 'streaming',
      auto_generate_name: false,
    }),
  });
  const reader = new EventReader(response);
  (await provider.nextRequest()).send('so far');
  await reader.readUntil(({ event }) => event === 'message');
  return reader;
}

test('npm start: SIGTERM to npm drains the server, which ends with 0 and leaves nothing behind', async () => {
  const { pid, url, gone, output } = await npmStart();
  const reader = await openStream(url);
  process.kill(pid, 'SIGTERM');
  expect((await reader.readAll()).map(({ event }) => event)).toEqual(['message_end']);
  expect(await gone, output()).toEqual({ code: 0, signal: null });
  await expect.poll(() => groupLives(pid), { interval: 5, timeout: 5000 }).toBe(false);
  await expect(fetch(`${url}/health`)).rejects.toThrow();
});

test('npm start: Ctrl-C, which the terminal sends to npm and the server alike', async () => {
  const { pid, url, gone, output } = await npmStart();
  const reader = await openStream(url);
  process.kill(-pid, 'SIGINT');
  expect((await reader.readAll()).map(({ event }) => event)).toEqual(['message_end']);
  expect(await gone, output()).toEqual({ code: 0, signal: null });
  await expect.poll(() => groupLives(pid), { interval: 5, timeout: 5000 }).toBe(false);
});
