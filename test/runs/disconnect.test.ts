import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Store } from '../../src/store/open-store.ts';
import { difyRoutes } from '../../src/surfaces/dify/routes/index.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { chatApp } from '../support/parley/apps.ts';
import { openTestStore } from '../support/parley/open-test-store.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { endedTurn, runningTurn } from '../support/parley/stored-runs.ts';
import { firstEvent, readStream, streamChat } from '../support/parley/turns.ts';

let provider: MockProvider;
let parley: TestParley;
let store: Store;

beforeAll(async () => {
  provider = await startMockProvider();
  parley = await startParley({
    apps: { going: chatApp(), stopping: chatApp(), patient: chatApp() },
    provider: provider.baseUrl,
    config: {
      app_settings: {
        stopping: { on_disconnect: 'stop' },
        patient: { on_disconnect: { stop_after: '150ms' } },
      },
    },
  });
  store = await openTestStore(parley);
});
beforeEach(() => provider.reply({ gate: true }));
afterAll(async () => {
  await store.destroy();
  await parley.close();
  await provider.close();
});

/** A stream that its client leaves after the first piece. */
async function leave(app: string) {
  const reader = await streamChat(parley, { user: app }, app);
  const upstream = await provider.nextRequest((request) => !request.isOver);
  upstream.send('first');
  const { message_id, task_id } = await firstEvent(reader);
  await reader.cancel();
  return { upstream, messageId: message_id, taskId: task_id };
}

test('by default the run goes on and its answer is saved', async () => {
  const { upstream, messageId } = await leave('going');
  upstream.send(' second');
  upstream.finish();
  expect(await endedTurn(store, messageId)).toMatchObject({
    run: 'succeeded',
    status: 'normal',
    answer: 'first second',
    stoppedBy: null,
  });
  expect(upstream.wasAborted).toBe(false);
});

test('on_disconnect stop: the upstream closes as in a stop, what was said is kept', async () => {
  const { upstream, messageId } = await leave('stopping');
  await upstream.aborted();
  expect(await endedTurn(store, messageId)).toMatchObject({
    run: 'stopped',
    stoppedBy: 'disconnect',
    status: 'normal',
    answer: 'first',
  });
});

test('stop_after: not at once, but after the grace', async () => {
  const began = performance.now();
  const { upstream, messageId } = await leave('patient');
  await upstream.aborted();
  expect(performance.now() - began).toBeGreaterThanOrEqual(140);
  expect(await endedTurn(store, messageId)).toMatchObject({
    run: 'stopped',
    stoppedBy: 'disconnect',
    answer: 'first',
  });
});

test('stop_after: a run that ends within the grace ends well', async () => {
  const { upstream, messageId } = await leave('patient');
  upstream.send(' and last');
  upstream.finish();
  expect(await endedTurn(store, messageId)).toMatchObject({ run: 'succeeded', answer: 'first and last' });
});

test.runIf(difyRoutes.some(({ path }) => path === '/chat-messages/:task_id/events'))(
  'stop_after: a client that comes back within the grace keeps the run going, and misses nothing',
  async () => {
    const { upstream, messageId, taskId } = await leave('patient');
    const path = `/chat-messages/${taskId}/events?user=patient&after=1`;
    const back = await readStream(await parley.request('patient', 'GET', path));
    upstream.send(' second');
    expect(await firstEvent(back)).toMatchObject({ event: 'message', answer: ' second', task_id: taskId });
    // Longer than the grace.
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect(upstream.wasAborted).toBe(false);
    upstream.finish();
    expect((await back.readAll()).map(({ event }) => event)).toEqual(['message_end']);
    expect(await endedTurn(store, messageId)).toMatchObject({ run: 'succeeded', answer: 'first second' });
  },
);

test.each(['going', 'stopping'])('a blocking client that leaves: %s', async (app) => {
  const user = `blocking-${app}`;
  const leaving = new AbortController();
  const answer = fetch(`${parley.url}/v1/chat-messages`, {
    method: 'POST',
    headers: { authorization: `Bearer ${parley.key(app)}`, 'content-type': 'application/json' },
    body: JSON.stringify({ inputs: {}, query: 'q', user, auto_generate_name: false }),
    signal: leaving.signal,
  }).catch(() => null);
  const upstream = await provider.nextRequest((request) => !request.isOver);
  upstream.send('said');
  const { messageId } = await runningTurn(store, user);
  leaving.abort();
  await answer;
  if (app === 'going') upstream.finish();
  else await upstream.aborted();
  const turn = await endedTurn(store, messageId);
  expect(turn.run).toBe(app === 'going' ? 'succeeded' : 'stopped');
  if (app === 'going') expect(turn.answer).toBe('said');
});
