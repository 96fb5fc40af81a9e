import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Store } from '../../../src/store/open-store.ts';
import type { MockReply } from '../../support/mock-provider/mock-reply.ts';
import type { MockRequest } from '../../support/mock-provider/mock-request.ts';
import { type MockProvider, startMockProvider } from '../../support/mock-provider/start-mock-provider.ts';
import { chatApp, completionApp } from '../../support/parley/apps.ts';
import { openTestStore } from '../../support/parley/open-test-store.ts';
import { startParley, type TestParley } from '../../support/parley/start-parley.ts';
import {
  answered,
  firstEvent,
  sendChat,
  sendCompletion,
  streamChat,
  textOf,
} from '../../support/parley/turns.ts';

let provider: MockProvider;
let parley: TestParley;
let store: Store;
let title: MockReply = {};

/** The request that asks for a title quotes the query instead of being it. */
const isTitle = (request: MockRequest) =>
  JSON.stringify(request.body?.messages).includes('Write a short title');

beforeAll(async () => {
  provider = await startMockProvider();
  parley = await startParley({
    apps: { chat: chatApp(), completion: completionApp() },
    provider: provider.baseUrl,
  });
  store = await openTestStore(parley);
});
beforeEach(() => provider.reply((request) => (isTitle(request) ? title : { tokens: ['the answer'] })));
afterAll(async () => {
  await store.destroy();
  await parley.close();
  await provider.close();
});

async function nameOf(id: string): Promise<string | undefined> {
  const row = await store.selectFrom('conversations').select('name').where('id', '=', id).executeTakeFirst();
  return row?.name;
}

const soon = (id: string) => expect.poll(() => nameOf(id), { interval: 5, timeout: 5000 });

test('a title comes in the background: a slow one delays neither the answer nor the end of the stream', async () => {
  title = { tokens: ['"A  fine\n', 'title"'], hold: 0 };
  const query = 'Please tell me about the weather of tomorrow';
  const events = await (await streamChat(parley, { query, auto_generate_name: true })).readAll();
  expect(textOf(events)).toBe('the answer');
  expect(events.at(-1)?.event).toBe('message_end');
  const id = String(events[0]?.conversation_id);
  expect(await nameOf(id)).toBe('Please tell me about…');
  const request = await provider.nextRequest((r) => isTitle(r) && !r.isOver);
  expect(JSON.stringify(request.body?.messages)).toContain(query);
  request.release();
  await soon(id).toBe('A fine title');
});

test('a provider that serves one request at a time begins the answer before it is asked for a title', async () => {
  const order: string[] = [];
  let busy = Promise.resolve();
  provider.reply(async (request) => {
    order.push(isTitle(request) ? 'title asked' : 'answer asked');
    const free = busy;
    busy = request.ended();
    await free;
    return isTitle(request) ? { tokens: ['In turn'] } : { gate: true };
  });
  const reader = await streamChat(parley, { query: 'slow to begin', auto_generate_name: true });
  const answer = await provider.nextRequest((r) => !isTitle(r) && !r.isOver);
  // The server's sign of life is no first text.
  const { answer: silence, conversation_id } = await firstEvent(reader);
  expect(silence).toBe('');
  await parley.request('chat', 'GET', '/info');
  order.push('answer begins');
  answer.send('At last');
  await expect.poll(() => order, { interval: 5 }).toHaveLength(3);
  answer.finish();
  expect(textOf(await reader.readAll())).toBe('At last');
  expect(order).toEqual(['answer asked', 'answer begins', 'title asked']);
  await soon(conversation_id).toBe('In turn');
});

test('an answer that fails before its first text is still followed by a title', async () => {
  title = { tokens: ['After all'] };
  provider.reply((request) => (isTitle(request) ? title : { status: 400, error: { message: 'no' } }));
  const failed = await sendChat(parley, { user: 'failing', auto_generate_name: true });
  expect(failed.status).toBe(400);
  const request = await provider.nextRequest((r) => isTitle(r) && !r.isOver);
  await request.ended();
  const name = () =>
    store
      .selectFrom('conversations')
      .innerJoin('end_users', 'end_users.id', 'conversations.end_user_id')
      .select('conversations.name')
      .where('end_users.session_id', '=', 'failing')
      .executeTakeFirst();
  await expect.poll(name, { interval: 5 }).toEqual({ name: 'After all' });
});

test('it is the default', async () => {
  title = { tokens: ['By default'] };
  const { conversation_id } = await answered(sendChat(parley, { auto_generate_name: undefined }));
  await soon(conversation_id).toBe('By default');
});

test('auto_generate_name false: the first 20 characters stay, and no title is asked for', async () => {
  title = { tokens: ['Never'] };
  const before = provider.requests.length;
  const { conversation_id } = await answered(
    sendChat(parley, { query: '一二三四五六七八九十一二三四五六七八九十' }),
  );
  expect(await nameOf(conversation_id)).toBe('一二三四五六七八九十一二三四五六七八九十');
  const longer = await answered(sendChat(parley, { query: '👍👍👍👍👍👍👍👍👍👍👍👍👍👍👍👍👍👍👍👍!' }));
  expect(await nameOf(longer.conversation_id)).toBe(`${'👍'.repeat(20)}…`);
  expect(provider.requests.slice(before).some(isTitle)).toBe(false);
});

test('only the first turn of a conversation gets one', async () => {
  title = { tokens: ['First'] };
  const { conversation_id } = await answered(sendChat(parley, { auto_generate_name: true }));
  await soon(conversation_id).toBe('First');
  const before = provider.requests.length;
  await answered(sendChat(parley, { auto_generate_name: true, conversation_id }));
  expect(provider.requests.slice(before).some(isTitle)).toBe(false);
});

test.each([
  ['a short query', 'short query that is a little more', 'short query that is a little more'],
  ['a long query', 'x'.repeat(60), `${'x'.repeat(47)}...`],
])('a title that fails: %s stands in', async (_, query, name) => {
  title = { status: 400, error: { message: 'no titles today' } };
  const { conversation_id } = await answered(sendChat(parley, { query, auto_generate_name: true }));
  await soon(conversation_id).toBe(name);
});

test('a title has at most 75 characters', async () => {
  title = { tokens: ['word '.repeat(40)] };
  const { conversation_id } = await answered(sendChat(parley, { auto_generate_name: true }));
  await soon(conversation_id).toMatch(/^.{75}\.\.\.$/);
});

test('a name that the user gives meanwhile stays', async () => {
  title = { tokens: ['Too late'], hold: 0 };
  const { conversation_id } = await answered(sendChat(parley, { query: 'q', auto_generate_name: true }));
  const request = await provider.nextRequest((r) => isTitle(r) && !r.isOver);
  const renamed = await parley.request('chat', 'POST', `/conversations/${conversation_id}/name`, {
    user: 'u1',
    name: 'Mine',
  });
  expect(renamed.status).toBe(200);
  request.release();
  await request.ended();
  // A later title shows that the earlier one has had its time.
  title = { tokens: ['Next'] };
  const next = await answered(sendChat(parley, { auto_generate_name: true }));
  await soon(next.conversation_id).toBe('Next');
  expect(await nameOf(conversation_id)).toBe('Mine');
});

test('completion apps have no titles', async () => {
  const before = provider.requests.length;
  await answered(sendCompletion(parley, { auto_generate_name: true }));
  expect(provider.requests.slice(before).some(isTitle)).toBe(false);
});
