import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { chatApp } from '../support/parley/apps.ts';
import { openTestStore } from '../support/parley/open-test-store.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { answered, sendChat } from '../support/parley/turns.ts';

const HOUR_MS = 3_600_000;

let provider: MockProvider;
let parley: TestParley;
let shift: number;

beforeEach(async () => {
  provider = await startMockProvider();
  parley = await startParley({ apps: { chat: chatApp() }, provider: provider.baseUrl });
  shift = 0;
  const now = Date.now.bind(Date);
  vi.spyOn(Date, 'now').mockImplementation(() => now() + shift);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await parley.close();
  await provider.close();
});

/** One turn whose question and answer are `text`. */
async function turn(text: string, conversation_id = '') {
  provider.reply({ tokens: [`${text}!`] });
  return answered(sendChat(parley, { query: text, conversation_id }));
}

async function queries(conversationId: string): Promise<string[]> {
  const path = `/messages?user=u1&conversation_id=${conversationId}`;
  const page = await (await parley.request('chat', 'GET', path)).json();
  return (page as { data: { query: string }[] }).data.map(({ query }) => query);
}

test('turns of a conversation keep their order when the clock is set back, for clients and for the model', async () => {
  const { conversation_id } = await turn('one');
  shift = -HOUR_MS;
  await turn('two', conversation_id);
  await turn('three', conversation_id);
  shift = -2 * HOUR_MS;
  await turn('four', conversation_id);
  shift = 0;
  await turn('five', conversation_id);
  expect(await queries(conversation_id)).toEqual(['one', 'two', 'three', 'four', 'five']);
  const seen = provider.requests.at(-1)?.body?.messages?.map(({ content }) => content);
  expect(seen).toEqual(['one', 'one!', 'two', 'two!', 'three', 'three!', 'four', 'four!', 'five']);
});

test('turns in quick succession keep their order', async () => {
  shift = -Date.now() + HOUR_MS;
  vi.spyOn(Date, 'now').mockReturnValue(Date.now());
  const { conversation_id } = await turn('one');
  for (const text of ['two', 'three', 'four']) await turn(text, conversation_id);
  expect(await queries(conversation_id)).toEqual(['one', 'two', 'three', 'four']);
});

test('no latency is negative, and none grows with the clock', async () => {
  const { conversation_id } = await turn('one');
  shift = -HOUR_MS;
  await turn('two', conversation_id);
  const store = await openTestStore(parley);
  const rows = await store.selectFrom('messages').select(['query', 'latency_ms']).execute();
  await store.destroy();
  for (const { query, latency_ms } of rows) {
    expect(latency_ms, query).toBeGreaterThanOrEqual(0);
    expect(latency_ms, query).toBeLessThan(10_000);
  }
});
