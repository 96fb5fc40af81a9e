import { afterEach, beforeEach, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { chatApp } from '../support/parley/apps.ts';
import { openTestStore } from '../support/parley/open-test-store.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { storedTurn } from '../support/parley/stored-runs.ts';
import { firstEvent, sendChat, streamChat, textOf } from '../support/parley/turns.ts';

let provider: MockProvider;
let parley: TestParley;

beforeEach(async () => {
  provider = await startMockProvider();
});
afterEach(async () => {
  await parley.close();
  await provider.close();
});

async function start(drain_time: string): Promise<void> {
  parley = await startParley({
    apps: { chat: chatApp() },
    provider: provider.baseUrl,
    config: { limits: { drain_time } },
  });
}

test('a running stream gets message_end, its upstream is closed, what was said is kept', async () => {
  await start('50ms');
  provider.reply({ gate: true });
  const reader = await streamChat(parley);
  const upstream = await provider.nextRequest();
  upstream.send('half an');
  const first = await firstEvent(reader);
  const began = performance.now();
  const restarted = parley.restart();
  await upstream.aborted();
  const events = [first, ...(await reader.readAll())];
  expect(events.at(-1)).toMatchObject({ event: 'message_end', task_id: first.task_id });
  expect(textOf(events)).toBe('half an');
  await restarted;
  expect(performance.now() - began, 'closes at once though clients keep their connections').toBeLessThan(
    5000,
  );
  const store = await openTestStore(parley);
  expect(await storedTurn(store, first.message_id)).toMatchObject({
    run: 'stopped',
    stoppedBy: 'shutdown',
    status: 'normal',
    answer: 'half an',
  });
  await store.destroy();
});

test('a run that ends within the grace ends as it would have', async () => {
  await start('10s');
  provider.reply({ gate: true });
  const reader = await streamChat(parley);
  const upstream = await provider.nextRequest();
  upstream.send('whole');
  const first = await firstEvent(reader);
  const restarted = parley.restart();
  upstream.send(' answer');
  upstream.finish();
  const events = [first, ...(await reader.readAll())];
  expect(textOf(events)).toBe('whole answer');
  expect(events.at(-1)?.event).toBe('message_end');
  await restarted;
  const store = await openTestStore(parley);
  expect(await storedTurn(store, first.message_id)).toMatchObject({ run: 'succeeded', stoppedBy: null });
  await store.destroy();
});

test('a blocking request is answered with what was said', async () => {
  await start('50ms');
  provider.reply({ tokens: ['so far'], hold: true });
  const answer = sendChat(parley);
  const upstream = await provider.nextRequest();
  await expect.poll(() => upstream.tokensSent).toBe(1);
  const restarted = parley.restart();
  const response = await answer;
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({ event: 'message', answer: 'so far' });
  await restarted;
});

test('a client that reads nothing does not keep the server from ending', async () => {
  await start('50ms');
  provider.reply({ gate: true });
  const reader = await streamChat(parley);
  const upstream = await provider.nextRequest();
  const piece = 'x'.repeat(1024 * 1024);
  for (let n = 0; n < 20; n++) upstream.send(piece);
  await firstEvent(reader);
  const began = performance.now();
  await parley.restart();
  expect(performance.now() - began).toBeLessThan(10_000);
  await reader.cancel().catch(() => {});
});

test('titles in the making are let go, not logged as failures', async () => {
  await start('50ms');
  provider.reply((request) => (JSON.stringify(request.body).includes('short title') ? { hold: true } : {}));
  const reader = await streamChat(parley, { auto_generate_name: true });
  await reader.readAll();
  const title = await provider.nextRequest((request) => !request.isOver);
  await parley.restart();
  await title.aborted();
  expect(parley.log.filter(({ level }) => Number(level) >= 50)).toEqual([]);
});
