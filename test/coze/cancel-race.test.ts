import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Store } from '../../src/store/open-store.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { chatApp } from '../support/parley/apps.ts';
import { startCoze, type TestCoze } from '../support/parley/coze.ts';
import { openTestStore } from '../support/parley/open-test-store.ts';
import { cancel, codeOf, messagesOf, namesOf, retrieve, streamChat, wholeChat } from './chats.ts';

const ROUNDS = 20;
const CHATS = 15;

let provider: MockProvider;
let coze: TestCoze;
let store: Store;

beforeAll(async () => {
  provider = await startMockProvider();
  coze = await startCoze({ apps: { chat: chatApp() }, provider: provider.baseUrl });
  store = await openTestStore(coze.parley);
});
afterAll(async () => {
  await store.destroy();
  await coze.close();
  await provider.close();
});

/** A chat that has said a word, and goes on. */
async function begun(name: string) {
  const reader = await streamChat(coze, name);
  const chat = await reader.until('conversation.chat.created');
  const upstream = await provider.nextRequest((request) =>
    JSON.stringify(request.body).includes(`"${name}"`),
  );
  upstream.send('said');
  await reader.until('conversation.message.delta');
  return { name, reader, chat, upstream };
}

/** The run that answered this question, as it is stored. */
function runOf(name: string) {
  return store
    .selectFrom('runs')
    .innerJoin('messages', 'messages.run_id', 'runs.id')
    .select(['runs.status', 'runs.canceled_at'])
    .where('messages.query', '=', name)
    .executeTakeFirstOrThrow();
}

test('cancel, finish and failure: one wins, and stream, retrieve, list and store say the same', async () => {
  const results = new Map<string, number>();
  for (let round = 0; round < ROUNDS; round++) {
    provider.reply({ gate: true });
    const chats = await Promise.all(Array.from({ length: CHATS }, (_, n) => begun(`racer-${round}-${n}`)));
    // Released together, each a little earlier or later than its cancel.
    const ended = chats.map(async ({ name, reader, chat, upstream }, n) => {
      const finish = () => (n % 5 === 0 ? upstream.cut() : upstream.finish());
      if (n % 3 === 0) finish();
      const answers = [codeOf(cancel(coze, chat))];
      if (n % 3 === 1) finish();
      if (n % 4 === 0) answers.push(codeOf(cancel(coze, chat)));
      const codes = await Promise.all(answers);
      if (n % 3 === 2) finish();
      return { name, n, chat, codes, events: await reader.rest() };
    });
    for (const { name, n, chat, codes, events } of await Promise.all(ended)) {
      expect(codes.every((code) => code === 0 || code === 4104)).toBe(true);
      // Two cancels of one chat agree.
      expect(new Set(codes).size, `${codes}`).toBe(1);
      const canceled = codes[0] === 0;
      const status = canceled ? 'canceled' : n % 5 === 0 ? 'failed' : 'completed';
      results.set(status, (results.get(status) ?? 0) + 1);
      const names = namesOf(events);
      expect(names.slice(-2)).toEqual([status === 'failed' ? 'chat.failed' : 'chat.completed', 'done']);
      expect(names.filter((name) => /^chat\.|done/.test(name))).toHaveLength(2);
      expect(events.at(-2)?.data.status).toBe(status);
      expect((await retrieve(coze, chat)).status).toBe(status);
      expect((await messagesOf(coze, chat))[0]).toMatchObject({ type: 'answer', content: 'said' });
      const run = await runOf(name);
      expect(run.status).toBe(n % 5 === 0 ? 'failed' : 'succeeded');
      expect(run.canceled_at !== null).toBe(canceled);
    }
    // What was canceled is no context, what was not is.
    const [first] = await Promise.all(ended);
    provider.reply();
    if (first) await wholeChat(coze, 'Next', { conversation_id: first.chat.conversation_id });
    expect(provider.requests.at(-1)?.body?.messages).toHaveLength(first?.codes[0] === 0 ? 1 : 3);
  }
  expect(results.get('canceled') ?? 0, `${[...results]}`).toBeGreaterThan(ROUNDS);
  expect(results.get('completed') ?? 0, `${[...results]}`).toBeGreaterThan(0);
});
