import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Store } from '../../src/store/open-store.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { chatApp } from '../support/parley/apps.ts';
import { openTestStore } from '../support/parley/open-test-store.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { endedTurn, storedTurn } from '../support/parley/stored-runs.ts';
import { firstEvent, sendChat, stop, streamChat } from '../support/parley/turns.ts';
import { refuseEnds } from './refuse-ends.ts';

let provider: MockProvider;
let parley: TestParley;
let store: Store;
let accept: () => Promise<void>;

beforeEach(async () => {
  provider = await startMockProvider({ reply: { gate: true } });
  parley = await startParley({ apps: { chat: chatApp() }, provider: provider.baseUrl });
  store = await openTestStore(parley);
  accept = await refuseEnds(store, parley.database.kind === 'postgres');
});
afterEach(async () => {
  await store.destroy();
  await parley.close();
  await provider.close();
});

function journalText(): string {
  const dir = join(parley.dataDir, 'journal');
  return readdirSync(dir)
    .map((name) => readFileSync(join(dir, name), 'utf8'))
    .join('');
}

async function answers(conversationId: string): Promise<unknown> {
  const path = `/messages?user=u1&conversation_id=${conversationId}`;
  const page = await (await parley.request('chat', 'GET', path)).json();
  return (page as { data: { answer: string; status: string }[] }).data.map(({ answer, status }) => [
    status,
    answer,
  ]);
}

test('an end that the store refuses: the client is told, and it is written once the store takes it', async () => {
  const reader = await streamChat(parley);
  const upstream = await provider.nextRequest();
  upstream.send('All of it.');
  const first = await firstEvent(reader);
  upstream.finish();
  const events = await reader.readAll();
  expect(events.at(-1)).toMatchObject({ event: 'error', status: 500, message_id: first.message_id });
  expect(await storedTurn(store, first.message_id)).toMatchObject({ run: 'running', answer: '' });
  expect(journalText(), 'the journal keeps what the store does not have').toContain('All of it.');
  expect(parley.log.some(({ msg }) => msg === 'run failed unexpectedly')).toBe(true);

  await accept();
  expect(await endedTurn(store, first.message_id)).toMatchObject({
    run: 'succeeded',
    status: 'normal',
    answer: 'All of it.',
    error: null,
    answerTokens: 1,
  });
  expect(await answers(first.conversation_id)).toEqual([['normal', 'All of it.']]);

  // The conversation goes on.
  provider.reply({ tokens: ['Yes.'] });
  const next = await sendChat(parley, { conversation_id: first.conversation_id, query: 'Go on' });
  expect(next.status).toBe(200);
  expect(JSON.stringify(provider.requests.at(-1)?.body?.messages)).toContain('All of it.');
});

test('a blocking client gets the envelope, a stop stays a stop', async () => {
  const blocking = sendChat(parley, { user: 'blocking' });
  const held = await provider.nextRequest();
  held.send('x');
  held.finish();
  const response = await blocking;
  expect(response.status).toBe(500);
  expect(await response.json()).toMatchObject({ code: 'internal_server_error', status: 500 });

  const reader = await streamChat(parley);
  const upstream = await provider.nextRequest();
  upstream.send('half');
  const first = await firstEvent(reader);
  await stop(parley, first.task_id);
  expect((await reader.readAll()).at(-1)).toMatchObject({ event: 'error' });
  await accept();
  expect(await endedTurn(store, first.message_id)).toMatchObject({
    run: 'stopped',
    stoppedBy: 'user',
    answer: 'half',
  });
  await expect
    .poll(() => store.selectFrom('runs').select('status').orderBy('created_at').execute())
    .toEqual([{ status: 'succeeded' }, { status: 'stopped' }]);
});

test('a server that ends writes what is late before it goes', async () => {
  const reader = await streamChat(parley);
  const upstream = await provider.nextRequest();
  upstream.send('in time');
  const first = await firstEvent(reader);
  upstream.finish();
  await reader.readAll();
  await accept();
  await parley.restart();
  expect(await storedTurn(store, first.message_id)).toMatchObject({ run: 'succeeded', answer: 'in time' });
});

test('what the store does not take to the end, the next start finds in the journal', async () => {
  const reader = await streamChat(parley);
  const upstream = await provider.nextRequest();
  upstream.send('kept in the journal');
  const first = await firstEvent(reader);
  upstream.finish();
  await reader.readAll();
  // It starts although the store still refuses; what could not be ended stays in the journal.
  await parley.restart();
  expect(await storedTurn(store, first.message_id)).toMatchObject({ run: 'running', answer: '' });
  expect(journalText()).toContain('kept in the journal');
  await accept();
  await parley.restart();
  expect(await storedTurn(store, first.message_id)).toMatchObject({
    run: 'failed',
    status: 'error',
    answer: 'kept in the journal',
  });
});
