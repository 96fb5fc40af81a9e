import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Store } from '../../src/store/open-store.ts';
import { type Child, type Home, makeHome } from '../crash/serve.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { chatApp } from '../support/parley/apps.ts';
import { openTestStore } from '../support/parley/open-test-store.ts';
import { EventReader } from '../support/parley/read-events.ts';
import { endedTurn, storedTurn } from '../support/parley/stored-runs.ts';
import { firstEvent } from '../support/parley/turns.ts';

const ADMIN_URL = process.env.PARLEY_TEST_DATABASE_URL;

if (!ADMIN_URL) console.warn('Skipped, as PARLEY_TEST_DATABASE_URL is not set: trouble with PostgreSQL.');

describe.runIf(ADMIN_URL)('trouble with PostgreSQL (needs PARLEY_TEST_DATABASE_URL)', () => {
  let provider: MockProvider;
  let home: Home;
  let server: Child;
  let store: Store;
  /** On the server's database; holds the locks. */
  let locker: pg.Client;
  /** On another database, so that it outlives every outage of the server's. */
  let admin: pg.Client;
  let database: string;

  beforeEach(async () => {
    provider = await startMockProvider();
    home = await makeHome({ apps: { chat: chatApp() }, provider: provider.baseUrl });
    if (home.database.kind !== 'postgres') throw new Error('not PostgreSQL');
    server = await home.serve();
    store = await openTestStore(home);
    database = new URL(home.database.url).pathname.slice(1);
    locker = new pg.Client({ connectionString: home.database.url });
    locker.on('error', () => {});
    await locker.connect();
    admin = new pg.Client({ connectionString: ADMIN_URL });
    await admin.connect();
  });
  afterEach(async () => {
    await locker.end().catch(() => {});
    await store.destroy();
    await home.remove();
    await admin.end();
    await provider.close();
  });

  function chat(body: Record<string, unknown> = {}): Promise<Response> {
    return fetch(`${server.url}/v1/chat-messages`, {
      method: 'POST',
      headers: { authorization: `Bearer ${home.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ inputs: {}, query: 'q', user: 'u', auto_generate_name: false, ...body }),
    });
  }

  async function lock(table: string): Promise<() => Promise<unknown>> {
    await locker.query('begin');
    await locker.query(`lock table ${table} in access exclusive mode`);
    return () => locker.query('rollback');
  }

  /** Backends of the server's database that wait for a lock, once there are any. */
  function waiting(): Promise<number[]> {
    return vi.waitFor(
      async () => {
        const { rows } = await admin.query(
          `select pid from pg_stat_activity where datname = $1 and wait_event_type = 'Lock'`,
          [database],
        );
        if (rows.length === 0) throw new Error('nobody waits');
        return rows.map(({ pid }) => Number(pid));
      },
      { timeout: 5000, interval: 5 },
    );
  }

  const terminate = (pids: readonly number[]) =>
    admin.query('select pg_terminate_backend(pid) from unnest($1::int[]) as pid', [pids]);

  test('a connection in use that breaks fails its request, and nothing else', async () => {
    const unlock = await lock('conversations');
    const asked = chat();
    await terminate(await waiting());
    const response = await asked;
    expect(response.status).toBe(500);
    expect(Object.keys((await response.json()) as object)).toEqual(['code', 'message', 'status']);
    await unlock();
    const next = await chat();
    expect(next.status).toBe(200);
    expect(await next.json()).toMatchObject({ event: 'message' });
    // The turn that failed has left nothing behind.
    expect(await store.selectFrom('runs').select('status').execute()).toEqual([{ status: 'succeeded' }]);
  });

  test('idle connections that break are replaced', async () => {
    expect((await chat()).status).toBe(200);
    const { rows } = await admin.query(
      `select pid from pg_stat_activity where datname = $1 and state = 'idle' and pid <> $2`,
      [database, (locker as unknown as { processID: number }).processID],
    );
    expect(rows.length).toBeGreaterThan(0);
    await store.destroy();
    await terminate(rows.map(({ pid }) => pid));
    store = await openTestStore(home);
    // A request may still meet a connection that is just breaking; the next one does not.
    await expect.poll(async () => (await chat()).status).toBe(200);
  });

  test('an outage while a run ends: its client is told, and its outcome is written when the database is back', async () => {
    provider.reply({ gate: true });
    const reader = new EventReader(await chat({ response_mode: 'streaming' }));
    const upstream = await provider.nextRequest();
    upstream.send('All of it.');
    const first = await firstEvent(reader);
    await store.destroy();
    await locker.end();
    await admin.query(`alter database ${database} with allow_connections false`);
    await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [
      database,
    ]);
    upstream.finish();
    expect((await reader.readAll()).at(-1)).toMatchObject({ event: 'error' });
    expect((await chat()).status).toBe(500);
    await admin.query(`alter database ${database} with allow_connections true`);
    store = await openTestStore(home);
    expect(await endedTurn(store, first.message_id)).toMatchObject({
      run: 'succeeded',
      status: 'normal',
      answer: 'All of it.',
    });
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
  });

  test('a turn that is being committed when the server ends gets its terminal event', async () => {
    provider.reply({ tokens: ['first'] });
    await (await chat()).text();
    provider.reply({ gate: true });
    const unlock = await lock('conversations');
    const asked = chat({ response_mode: 'streaming' });
    await waiting();
    const ended = server.end();
    // The server takes no more connections: it has begun to end.
    await vi.waitFor(() => expect(fetch(`${server.url}/health`)).rejects.toThrow(), {
      timeout: 5000,
      interval: 5,
    });
    await unlock();
    const response = await asked;
    expect(response.status).toBe(200);
    const events = await new EventReader(response).readAll();
    expect(events.at(-1)).toMatchObject({ event: 'message_end' });
    expect(await ended).toBe(0);
    expect(await storedTurn(store, events.at(-1)?.message_id)).toMatchObject({
      run: 'stopped',
      stoppedBy: 'shutdown',
      status: 'normal',
    });
    expect(await store.selectFrom('runs').select('id').where('status', '=', 'running').execute()).toEqual([]);
  });
});
