import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../../src/store/open-store.ts';
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
        // Longer than any test.
        patient: { on_disconnect: { stop_after: '10m' } },
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

/** Waits until the server has as many client connections that wait for runs: until it has seen one close. */
async function openStreams(count: number, of = parley): Promise<void> {
  const read = async () => (await fetch(`${of.url}/metrics`)).text();
  await expect.poll(read, { interval: 5, timeout: 5000 }).toContain(`\nparley_open_streams ${count}\n`);
}

/** A stream that its client leaves after the first piece. */
async function leave(app: string, of = parley) {
  const reader = await streamChat(of, { user: app }, app);
  const upstream = await provider.nextRequest((request) => !request.isOver);
  upstream.send('first');
  const { message_id, task_id } = await firstEvent(reader);
  await reader.cancel();
  return { upstream, messageId: message_id, taskId: task_id };
}

test('by default the run goes on and its answer is saved', async () => {
  const { upstream, messageId } = await leave('going');
  await openStreams(0);
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

test('stop_after: a run that ends within the grace ends well', async () => {
  const { upstream, messageId } = await leave('patient');
  await openStreams(0);
  upstream.send(' and last');
  upstream.finish();
  expect(await endedTurn(store, messageId)).toMatchObject({ run: 'succeeded', answer: 'first and last' });
});

describe('stop_after, when the grace ends', () => {
  const GRACE_MS = 1500;
  let brief: TestParley;
  let briefStore: Store;

  beforeAll(async () => {
    brief = await startParley({
      apps: { leaving: chatApp(), returning: chatApp() },
      provider: provider.baseUrl,
      config: {
        app_settings: {
          leaving: { on_disconnect: { stop_after: `${GRACE_MS}ms` } },
          returning: { on_disconnect: { stop_after: `${GRACE_MS}ms` } },
        },
      },
    });
    briefStore = await openTestStore(brief);
  });
  afterAll(async () => {
    await briefStore.destroy();
    await brief.close();
  });

  test('a run nobody came back to is stopped, not before; one with its client back goes on', async () => {
    const returning = await leave('returning', brief);
    await openStreams(0, brief);
    const path = `/chat-messages/${returning.taskId}/events?user=returning&after=1`;
    const back = await readStream(await brief.request('returning', 'GET', path));
    // What is said meanwhile is missed by nobody.
    returning.upstream.send(' second');
    expect(await firstEvent(back)).toMatchObject({
      event: 'message',
      answer: ' second',
      task_id: returning.taskId,
    });

    // Left later: when its grace has ended, the other's has too.
    const began = performance.now();
    const left = await leave('leaving', brief);
    await left.upstream.aborted();
    expect(performance.now() - began).toBeGreaterThan(GRACE_MS - 10);
    expect(await endedTurn(briefStore, left.messageId)).toMatchObject({
      run: 'stopped',
      stoppedBy: 'disconnect',
      answer: 'first',
    });

    expect(returning.upstream.wasAborted).toBe(false);
    returning.upstream.finish();
    expect((await back.readAll()).map(({ event }) => event)).toEqual(['message_end']);
    expect(await endedTurn(briefStore, returning.messageId)).toMatchObject({
      run: 'succeeded',
      answer: 'first second',
    });
  });
});

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
  if (app === 'stopping') await upstream.aborted();
  await openStreams(0);
  upstream.send(' more');
  upstream.finish();
  expect(await endedTurn(store, messageId)).toMatchObject(
    app === 'going'
      ? { run: 'succeeded', stoppedBy: null, answer: 'said more' }
      : { run: 'stopped', stoppedBy: 'disconnect' },
  );
});
