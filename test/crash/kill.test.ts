import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Store } from '../../src/store/open-store.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { chatApp } from '../support/parley/apps.ts';
import { openTestStore } from '../support/parley/open-test-store.ts';
import { EventReader } from '../support/parley/read-events.ts';
import { storedTurn } from '../support/parley/stored-runs.ts';
import { textOf } from '../support/parley/turns.ts';
import { type Child, type Home, makeHome } from './serve.ts';

const STREAMS = 20;
const JUST_ACCEPTED = 10;

let provider: MockProvider;
let home: Home;
let server: Child;
let store: Store;

beforeAll(async () => {
  provider = await startMockProvider();
  home = await makeHome({ apps: { chat: chatApp() }, provider: provider.baseUrl });
  server = await home.serve();
  store = await openTestStore(home);
});
afterAll(async () => {
  await store.destroy();
  await home.remove();
  await provider.close();
});

function send(path: string, body: object, method = 'POST'): Promise<Response> {
  return fetch(`${server.url}/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${home.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ inputs: {}, auto_generate_name: false, ...body }),
  });
}

/** What the journal's segments hold, one text for each. */
function journal(): string[] {
  const dir = join(home.dataDir, 'journal');
  return readdirSync(dir).map((name) => readFileSync(join(dir, name), 'utf8'));
}

/** What a client has received of a stream that goes on until the server dies. */
async function follow(user: string) {
  const response = await send('/chat-messages', { query: `from ${user}`, user, response_mode: 'streaming' });
  const reader = new EventReader(response);
  const events: Record<string, unknown>[] = [];
  const busy = Promise.withResolvers<void>();
  const over = (async () => {
    try {
      for (let frame = await reader.next(); frame; frame = await reader.next()) {
        if (frame.data) events.push(frame.data);
        if (events.length >= 5) busy.resolve();
      }
    } catch {
      // The server was killed: the connection broke.
    }
  })();
  return { user, events, over, busy: busy.promise };
}

test('kill -9 under load: every accepted turn is there, nothing runs, nothing that a client saw is lost', async () => {
  // Tokens flow without end, two hundred a second for each stream.
  provider.reply({ tokens: Array.from({ length: 100_000 }, (_, n) => `t${n} `), delayMs: 5 });
  const clients = await Promise.all(Array.from({ length: STREAMS }, (_, n) => follow(`user-${n}`)));
  await Promise.all(clients.map(({ busy }) => busy));
  // Headers are the sign of acceptance; these have had no token yet.
  provider.reply({ gate: true });
  const accepted = await Promise.all(Array.from({ length: JUST_ACCEPTED }, (_, n) => follow(`late-${n}`)));
  await server.kill();
  await Promise.all([...clients, ...accepted].map(({ over }) => over));

  server = await home.serve();
  const running = await store.selectFrom('runs').select('id').where('status', '=', 'running').execute();
  expect(running).toEqual([]);
  const queries = await store.selectFrom('messages').select('query').execute();
  expect(queries.map(({ query }) => query)).toEqual(
    expect.arrayContaining([...clients, ...accepted].map(({ user }) => `from ${user}`)),
  );
  for (const { user, events } of clients) {
    const received = textOf(events);
    const turn = await storedTurn(store, events[0]?.message_id);
    expect(turn).toMatchObject({ run: 'failed', status: 'error', query: `from ${user}` });
    expect(turn.error).toMatch(/interrupted/);
    expect(received.length).toBeGreaterThan(10);
    expect(turn.answer.startsWith(received), `${user} saw more than is kept`).toBe(true);
  }

  // The conversations go on, and remember what was said.
  const [first] = clients;
  provider.reply({ tokens: ['welcome back'] });
  const response = await send('/chat-messages', {
    query: 'again',
    user: first?.user,
    conversation_id: first?.events[0]?.conversation_id,
  });
  expect(await response.json()).toMatchObject({ answer: 'welcome back' });
  expect(JSON.stringify(provider.requests.at(-1)?.body?.messages)).toContain('t0 t1 t2');
});

test('a second crash keeps what the first one did, and leaves no journal behind', async () => {
  const before = await store.selectFrom('messages').select(['id', 'answer', 'error']).orderBy('id').execute();
  await server.kill();
  // The answer of the turn since the first crash: there is something to leave behind.
  expect(journal().join('')).toContain('welcome back');
  server = await home.serve();
  // The new server's own segment.
  expect(journal()).toEqual(['']);
  expect(
    await store.selectFrom('messages').select(['id', 'answer', 'error']).orderBy('id').execute(),
  ).toEqual(before);
});

test('SIGTERM ends streams with message_end and the process with 0', async () => {
  provider.reply({ gate: true });
  const client = await follow('drained');
  const upstream = await provider.nextRequest(
    (request) => !request.isOver && JSON.stringify(request.body).includes('drained'),
  );
  for (let n = 0; n < 6; n++) upstream.send(`w${n} `);
  await client.busy;
  const code = server.end();
  await client.over;
  expect(client.events.at(-1)?.event).toBe('message_end');
  expect(await code).toBe(0);
  expect(journal()).toEqual([]);
  expect(await storedTurn(store, client.events[0]?.message_id)).toMatchObject({
    run: 'stopped',
    stoppedBy: 'shutdown',
  });
  server = await home.serve();
});
