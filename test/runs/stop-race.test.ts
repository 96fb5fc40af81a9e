import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Store } from '../../src/store/open-store.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { chatApp } from '../support/parley/apps.ts';
import { openTestStore } from '../support/parley/open-test-store.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { firstEvent, stop, streamChat, textOf } from '../support/parley/turns.ts';

const RUNS = 60;

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

/** One run whose provider ends (well, or by a cut) while the user stops it, a little earlier or later. */
async function race(n: number) {
  const user = `racer-${n}`;
  const reader = await streamChat(parley, { user, query: user });
  const upstream = await provider.nextRequest((request) =>
    JSON.stringify(request.body).includes(`"${user}"`),
  );
  upstream.send('said');
  const first = await firstEvent(reader);
  const finish = () => (n % 5 === 0 ? upstream.cut() : upstream.finish());
  const order = n % 3;
  if (order === 0) finish();
  const stopped = stop(parley, first.task_id, user);
  if (order === 1) finish();
  const response = await stopped;
  if (order === 2) finish();
  const events = [first, ...(await reader.readAll())];
  return { response, events, messageId: first.message_id };
}

test('stop, finish and failure: one wins, the stream ends once, the store says the same', async () => {
  const results = await Promise.all(Array.from({ length: RUNS }, (_, n) => race(n)));
  const statuses: string[] = [];
  for (const { response, events, messageId } of results) {
    expect(response.status).toBe(200);
    const ends = events.filter(({ event }) => event === 'message_end' || event === 'error');
    expect(ends).toHaveLength(1);
    expect(events.at(-1)).toBe(ends[0]);
    const runs = await store.selectFrom('runs').selectAll().where('message_id', '=', messageId).execute();
    expect(runs).toHaveLength(1);
    const [run] = runs;
    statuses.push(String(run?.status));
    expect(run?.status === 'failed').toBe(ends[0]?.event === 'error');
    expect(run?.stopped_by).toBe(run?.status === 'stopped' ? 'user' : null);
    expect(run?.finished_at).not.toBeNull();
    const message = await store
      .selectFrom('messages')
      .selectAll()
      .where('id', '=', messageId)
      .executeTakeFirstOrThrow();
    expect(message.answer).toBe(textOf(events));
    expect(message.answer).toBe('said');
  }
  expect(statuses).not.toContain('running');
  expect(new Set(statuses).has('stopped'), 'the stop must win some').toBe(true);
});
