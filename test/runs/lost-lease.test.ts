import { afterAll, beforeAll, expect, test } from 'vitest';
import { recoverRuns } from '../../src/runs/recover-runs.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { chatApp } from '../support/parley/apps.ts';
import { openTestStore } from '../support/parley/open-test-store.ts';
import { EventReader } from '../support/parley/read-events.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';

let provider: MockProvider;
let parley: TestParley;

beforeAll(async () => {
  provider = await startMockProvider({ reply: { gate: true } });
  parley = await startParley({ apps: { chat: chatApp() }, provider: provider.baseUrl });
});
afterAll(async () => {
  await parley.close();
  await provider.close();
});

test('a run that another process has ended ends for its client as it ended in the store', async () => {
  const response = await parley.request('chat', 'POST', '/chat-messages', {
    inputs: {},
    query: 'Hi',
    user: 'u1',
    response_mode: 'streaming',
    auto_generate_name: false,
  });
  const upstream = await provider.nextRequest();
  upstream.send('Hello');
  const reader = new EventReader(response);
  await reader.readUntil((event) => event.answer === 'Hello');

  const store = await openTestStore(parley);
  await store.updateTable('processes').set({ beat_at: 0 }).execute();
  expect((await recoverRuns(store, { processId: 'another', texts: new Map(), own: false })).ended).toBe(1);

  upstream.finish();
  const events = await reader.readAll();
  expect(events.map((event) => event.event)).toEqual(['error']);
  const rows = await store.selectFrom('runs').select('status').execute();
  expect(rows).toEqual([{ status: 'failed' }]);
  await store.destroy();
});
