import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../../src/store/open-store.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { chatApp } from '../support/parley/apps.ts';
import { openTestStore } from '../support/parley/open-test-store.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { endedTurn, storedTurn } from '../support/parley/stored-runs.ts';
import { firstEvent, sendChat, stop, streamChat, textOf } from '../support/parley/turns.ts';
import { responseProblems } from '../support/spec/dify-spec.ts';

let provider: MockProvider;

beforeAll(async () => {
  provider = await startMockProvider();
});
beforeEach(() => provider.reply({ gate: true }));
afterAll(() => provider.close());

const open = () => provider.nextRequest((request) => !request.isOver);

describe('max_concurrency', () => {
  let parley: TestParley;
  let store: Store;

  beforeAll(async () => {
    const form = [{ 'text-input': { label: 'N', variable: 'n', required: true, default: '' } }];
    parley = await startParley({
      apps: {
        narrow: chatApp(),
        leaving: chatApp(),
        form: chatApp({ user_input_form: form }),
        wide: chatApp(),
      },
      provider: provider.baseUrl,
      config: {
        app_settings: {
          narrow: { max_concurrency: 2 },
          leaving: { max_concurrency: 1, on_disconnect: 'stop' },
          form: { max_concurrency: 1 },
        },
      },
    });
    store = await openTestStore(parley);
  });
  afterAll(async () => {
    await store.destroy();
    await parley.close();
  });

  test('one run more is 429, in streams as an HTTP answer; each kind of end frees the slot', async () => {
    const first = await streamChat(parley, {}, 'narrow');
    const firstUpstream = await open();
    const second = await streamChat(parley, { user: 'u2' }, 'narrow');
    const secondUpstream = await open();
    for (const response_mode of ['streaming', 'blocking']) {
      const refused = await sendChat(parley, { user: 'u3', response_mode }, 'narrow');
      expect(refused.status).toBe(429);
      const body = await refused.json();
      expect(responseProblems('post', '/chat-messages', 429, body)).toEqual([]);
      expect(body).toEqual({
        code: 'too_many_requests',
        message:
          'Too many requests. Please try again later. ' +
          'The current maximum concurrent requests allowed for narrow is 2.',
        status: 429,
      });
    }
    // Another app has slots of its own.
    provider.reply({ tokens: ['ok'] });
    expect((await sendChat(parley, {}, 'wide')).status).toBe(200);

    // A good end.
    firstUpstream.finish();
    await first.readAll();
    provider.reply({ gate: true });
    const third = await streamChat(parley, {}, 'narrow');
    const thirdUpstream = await open();
    // A stop.
    thirdUpstream.send('x');
    await stop(parley, (await firstEvent(third)).task_id, 'u1', 'narrow');
    await third.readAll();
    const fourth = await streamChat(parley, {}, 'narrow');
    // A failure.
    const fourthUpstream = await open();
    fourthUpstream.send('x');
    await firstEvent(fourth);
    fourthUpstream.cut();
    expect((await fourth.readAll()).at(-1)?.event).toBe('error');
    provider.reply({ tokens: ['ok'] });
    expect((await sendChat(parley, {}, 'narrow')).status).toBe(200);
    secondUpstream.finish();
    await second.readAll();
  });

  test('a client that leaves a run that stops then frees the slot', async () => {
    const reader = await streamChat(parley, {}, 'leaving');
    const upstream = await open();
    upstream.send('x');
    const { message_id } = await firstEvent(reader);
    await reader.cancel();
    await upstream.aborted();
    await endedTurn(store, message_id);
    provider.reply({ tokens: ['ok'] });
    expect((await sendChat(parley, {}, 'leaving')).status).toBe(200);
  });

  test('a refused request takes no slot', async () => {
    provider.reply({ tokens: ['ok'] });
    for (let n = 0; n < 3; n++) expect((await sendChat(parley, {}, 'form')).status).toBe(400);
    expect((await sendChat(parley, { inputs: { n: 'x' } }, 'form')).status).toBe(200);
  });
});

describe('max_execution_time', () => {
  const LIMIT_MS = 1500;
  let parley: TestParley;
  let store: Store;

  beforeAll(async () => {
    parley = await startParley({
      apps: { chat: chatApp() },
      provider: provider.baseUrl,
      config: { limits: { max_execution_time: `${LIMIT_MS}ms` } },
    });
    store = await openTestStore(parley);
  });
  afterAll(async () => {
    await store.destroy();
    await parley.close();
  });

  test('ends a run like a stop, not before its time', async () => {
    const began = performance.now();
    const reader = await streamChat(parley);
    const upstream = await open();
    upstream.send('until here');
    const first = await firstEvent(reader);
    await upstream.aborted();
    expect(performance.now() - began).toBeGreaterThan(LIMIT_MS - 10);
    const events = [first, ...(await reader.readAll())];
    expect(textOf(events)).toBe('until here');
    expect(events.at(-1)?.event).toBe('message_end');
    expect(await storedTurn(store, first.message_id)).toMatchObject({
      run: 'stopped',
      stoppedBy: 'timeout',
      status: 'normal',
      answer: 'until here',
    });
  });
});
