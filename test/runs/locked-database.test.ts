import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Store } from '../../src/store/open-store.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { chatApp } from '../support/parley/apps.ts';
import { openTestStore } from '../support/parley/open-test-store.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { endedTurn } from '../support/parley/stored-runs.ts';
import { firstEvent, streamChat } from '../support/parley/turns.ts';

let provider: MockProvider;
let parley: TestParley;
let store: Store;

beforeAll(async () => {
  provider = await startMockProvider({ reply: { gate: true } });
  parley = await startParley({ apps: { chat: chatApp() }, provider: provider.baseUrl });
  store = await openTestStore(parley);
});
afterAll(async () => {
  await store.destroy();
  await parley.close();
  await provider.close();
});

// Takes the five seconds that SQLite waits for a lock. PostgreSQL has no such lock: `test/store` has its outages.
test.skipIf(process.env.PARLEY_TEST_DATABASE_URL)(
  'SQLite locked by another program when a run ends: the outcome is written once the lock is gone',
  async () => {
    const reader = await streamChat(parley);
    const upstream = await provider.nextRequest();
    upstream.send('answer');
    const first = await firstEvent(reader);
    if (parley.database.kind !== 'sqlite') throw new Error('not SQLite');
    const other = new DatabaseSync(parley.database.path);
    other.exec('begin immediate');
    upstream.finish();
    expect((await reader.readAll()).at(-1)).toMatchObject({ event: 'error' });
    other.exec('rollback');
    other.close();
    expect(await endedTurn(store, first.message_id)).toMatchObject({ run: 'succeeded', answer: 'answer' });
  },
);
