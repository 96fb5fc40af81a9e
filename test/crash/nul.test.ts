import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Store } from '../../src/store/open-store.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { chatApp } from '../support/parley/apps.ts';
import { openTestStore } from '../support/parley/open-test-store.ts';
import { EventReader } from '../support/parley/read-events.ts';
import { storedTurn } from '../support/parley/stored-runs.ts';
import { firstEvent, type Wire } from '../support/parley/turns.ts';
import { type Child, type Home, makeHome } from './serve.ts';

let provider: MockProvider;
let home: Home;
let server: Child;
let store: Store;

beforeEach(async () => {
  provider = await startMockProvider({ reply: { gate: true } });
  home = await makeHome({ apps: { chat: chatApp() }, provider: provider.baseUrl });
  server = await home.serve();
  store = await openTestStore(home);
});
afterEach(async () => {
  await store.destroy();
  await home.remove();
  await provider.close();
});

const journals = () => {
  const dir = join(home.dataDir, 'journal');
  return readdirSync(dir).map((name) => join(dir, name));
};

/** A client that has seen `text` when the server is killed. */
async function killWhileSaying(text: string): Promise<Wire> {
  const response = await fetch(`${server.url}/v1/chat-messages`, {
    method: 'POST',
    headers: { authorization: `Bearer ${home.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      inputs: {},
      query: 'q',
      user: 'u',
      auto_generate_name: false,
      response_mode: 'streaming',
    }),
  });
  const upstream = await provider.nextRequest((request) => !request.isOver);
  upstream.send(text);
  const reader = new EventReader(response);
  const first = await firstEvent(reader);
  await server.kill();
  await reader.cancel().catch(() => {});
  return first;
}

test('NUL that a model said before the process was killed is in no journal, and the answer is kept', async () => {
  const { message_id } = await killWhileSaying('be\0fore');
  const left = journals().map((path) => readFileSync(path, 'utf8'));
  expect(left.join('')).toContain('before');
  server = await home.serve();
  expect(await storedTurn(store, message_id)).toMatchObject({ run: 'failed', answer: 'before' });
});

test('a journal with NUL, as an earlier version wrote it, does not prevent the start', async () => {
  const { message_id, task_id } = await killWhileSaying('seen');
  const [journal] = journals().filter((path) => readFileSync(path, 'utf8').includes(task_id));
  appendFileSync(String(journal), `${JSON.stringify([task_id, ' and\0 more\0'])}\n`);
  server = await home.serve();
  expect(await storedTurn(store, message_id)).toMatchObject({ run: 'failed', answer: 'seen and more' });
});

test('the same when another process has ended the run meanwhile', async () => {
  const { message_id, task_id } = await killWhileSaying('seen');
  await store.updateTable('runs').set({ status: 'failed' }).where('id', '=', task_id).execute();
  const [journal] = journals().filter((path) => readFileSync(path, 'utf8').includes(task_id));
  appendFileSync(String(journal), `${JSON.stringify([task_id, '\0!'])}\n`);
  server = await home.serve();
  expect(await storedTurn(store, message_id)).toMatchObject({ run: 'failed', answer: 'seen!' });
});
