import { afterAll, beforeAll, expect, test } from 'vitest';
import { ORPHANED, recoverRuns } from '../../src/runs/recover-runs.ts';
import type { Store } from '../../src/store/open-store.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { chatApp } from '../support/parley/apps.ts';
import { openTestStore } from '../support/parley/open-test-store.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { storedTurn } from '../support/parley/stored-runs.ts';
import { firstEvent, stop, streamChat } from '../support/parley/turns.ts';

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

/** A stream whose run another process has ended, having taken ours for dead, after it said "Hello". */
async function endElsewhere(store: Store, user: string) {
  const reader = await streamChat(parley, { user });
  const upstream = await provider.nextRequest();
  upstream.send('Hello');
  const first = await firstEvent(reader);
  await store.updateTable('processes').set({ beat_at: 0 }).execute();
  expect((await recoverRuns(store, { processId: 'another', made: new Map(), own: false })).ended).toBe(1);
  expect(await storedTurn(store, first.message_id)).toMatchObject({ run: 'failed', answer: '' });
  return { reader, upstream, first };
}

test('a run that another process has ended ends for its client as it ended in the store, and keeps its answer', async () => {
  const { reader, upstream, first } = await endElsewhere(store, 'u1');
  upstream.send(' world');
  upstream.finish();
  const events = await reader.readAll();
  expect(events.map((event) => event.event)).toEqual(['message', 'error']);
  expect(await storedTurn(store, first.message_id)).toMatchObject({
    run: 'failed',
    status: 'error',
    answer: 'Hello world',
    error: ORPHANED,
  });
  const path = `/messages?user=u1&conversation_id=${first.conversation_id}`;
  const page = (await (await parley.request('chat', 'GET', path)).json()) as { data: unknown[] };
  expect(page.data).toMatchObject([{ answer: 'Hello world', status: 'error' }]);
});

test('the same for one that is stopped, and for one that fails', async () => {
  const stopped = await endElsewhere(store, 'u2');
  await stop(parley, stopped.first.task_id, 'u2');
  expect((await stopped.reader.readAll()).at(-1)).toMatchObject({ event: 'error' });
  const failed = await endElsewhere(store, 'u3');
  failed.upstream.cut();
  expect((await failed.reader.readAll()).at(-1)).toMatchObject({ event: 'error' });
  for (const { first } of [stopped, failed]) {
    expect(await storedTurn(store, first.message_id)).toMatchObject({
      run: 'failed',
      answer: 'Hello',
      error: ORPHANED,
    });
  }
});

test('an answer that the other process has found stays', async () => {
  const { reader, upstream, first } = await endElsewhere(store, 'u4');
  const answer = 'from its own journal';
  await store.updateTable('messages').set({ answer }).where('id', '=', first.message_id).execute();
  upstream.finish();
  await reader.readAll();
  expect(await storedTurn(store, first.message_id)).toMatchObject({ run: 'failed', answer });
});
