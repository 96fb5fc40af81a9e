import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Store } from '../../src/store/open-store.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { chatApp, completionApp } from '../support/parley/apps.ts';
import { openTestStore } from '../support/parley/open-test-store.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { runningTurn } from '../support/parley/stored-runs.ts';
import { answered, firstEvent, sendChat, sendCompletion, stop, streamChat } from '../support/parley/turns.ts';

let provider: MockProvider;
let parley: TestParley;
let store: Store;

beforeAll(async () => {
  provider = await startMockProvider();
  parley = await startParley({
    apps: { talk: chatApp(), translate: completionApp() },
    provider: provider.baseUrl,
  });
  store = await openTestStore(parley);
});
afterAll(async () => {
  await store.destroy();
  await parley.close();
  await provider.close();
});

/** Samples by name and labels; buckets of histograms are left out. */
async function samples(): Promise<Record<string, number>> {
  const response = await fetch(`${parley.url}/metrics`);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  const lines = (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const entries = lines.map((line): [string, number] => {
    const [, name = '', value] = /^(\S+(?:\{.*\})?) (\S+)$/.exec(line) ?? [];
    return [name, Number(value)];
  });
  return Object.fromEntries(entries.filter(([name]) => !name.includes('_bucket{')));
}

test('known traffic is counted, and nobody is named', async () => {
  expect(await samples()).toEqual({
    parley_runs_active: 0,
    parley_open_streams: 0,
    parley_time_to_first_token_seconds_sum: 0,
    parley_time_to_first_token_seconds_count: 0,
    parley_run_duration_seconds_sum: 0,
    parley_run_duration_seconds_count: 0,
    parley_stop_latency_seconds_sum: 0,
    parley_stop_latency_seconds_count: 0,
  });

  // Two that succeed, in two apps.
  provider.reply({ tokens: ['wordone', ' wordtwo'], usage: { prompt_tokens: 7, completion_tokens: 2 } });
  await answered(sendChat(parley, { user: 'alice@example.com', query: 'secretquestion' }, 'talk'));
  await answered(sendCompletion(parley, { user: 'bob', inputs: { text: 'secretinput' } }, 'translate'));
  // One that fails before its first word, and one that is refused and so was no run.
  provider.reply({ status: 400, error: { message: 'secretfailure' } });
  expect((await sendChat(parley, { user: 'carol' }, 'talk')).status).toBe(400);
  expect((await sendChat(parley, { user: 'carol', query: '' }, 'talk')).status).toBe(400);
  // One that is stopped, and three that go on, for three connections.
  provider.reply({ gate: true });
  const open = () => provider.nextRequest((request) => !request.isOver);
  const stopped = await streamChat(parley, { user: 'dave' }, 'talk');
  (await open()).send('half');
  const first = await firstEvent(stopped);
  await stop(parley, first.task_id, 'dave', 'talk');
  await stopped.readAll();

  const streaming = await streamChat(parley, { user: 'erin' }, 'talk');
  const streamed = await open();
  streamed.send('so');
  const { task_id } = await firstEvent(streaming);
  const again = await parley.request('talk', 'GET', `/chat-messages/${task_id}/events?user=erin`);
  const blocking = sendChat(parley, { user: 'frank' }, 'talk');
  const blocked = await open();
  await runningTurn(store, 'frank');
  await expect.poll(async () => (await samples()).parley_open_streams, { interval: 5 }).toBe(3);
  expect(await samples()).toMatchObject({ parley_runs_active: 2, parley_open_streams: 3 });
  await again.body?.cancel();
  await expect.poll(async () => (await samples()).parley_open_streams, { interval: 5 }).toBe(2);
  streamed.finish();
  blocked.finish();
  await Promise.all([streaming.readAll(), answered(blocking)]);

  const after = await samples();
  const {
    parley_time_to_first_token_seconds_sum: firstTokens = -1,
    parley_run_duration_seconds_sum: durations = -1,
    parley_stop_latency_seconds_sum: stopLatency = -1,
    'parley_tokens_total{app="talk",kind="prompt"}': prompt = -1,
    'parley_tokens_total{app="talk",kind="completion"}': completion = -1,
    ...counts
  } = after;
  expect(counts).toEqual({
    'parley_runs_total{app="talk",status="succeeded"}': 3,
    'parley_runs_total{app="talk",status="failed"}': 1,
    'parley_runs_total{app="talk",status="stopped"}': 1,
    'parley_runs_total{app="translate",status="succeeded"}': 1,
    'parley_tokens_total{app="translate",kind="prompt"}': 7,
    'parley_tokens_total{app="translate",kind="completion"}': 2,
    'parley_stops_total{reason="user"}': 1,
    parley_runs_active: 0,
    parley_open_streams: 0,
    // The failed run said nothing, and nor did the one of the blocking client.
    parley_time_to_first_token_seconds_count: 4,
    parley_run_duration_seconds_count: 6,
    parley_stop_latency_seconds_count: 1,
  });
  // Reported by the provider, and estimated for the one that was stopped.
  expect(prompt).toBeGreaterThanOrEqual(7 + 10 + 10 + 1);
  expect(completion).toBeGreaterThanOrEqual(2 + 1 + 0 + 1);
  for (const seconds of [firstTokens, durations, stopLatency]) {
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThan(30);
  }

  const text = await (await fetch(`${parley.url}/metrics`)).text();
  const secrets = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank', 'word', 'half', 'secret', 'app-'];
  expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
  expect(text).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-/);
});
