import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Store } from '../../src/store/open-store.ts';
import type { MockReply } from '../support/mock-provider/mock-reply.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { chatApp } from '../support/parley/apps.ts';
import { startCoze, type TestCoze, TOKEN } from '../support/parley/coze.ts';
import { openTestStore } from '../support/parley/open-test-store.ts';
import { answered, sendChat as sendDifyChat } from '../support/parley/turns.ts';
import {
  assistant,
  beginChat,
  botId,
  cancel,
  codeOf,
  dataOf,
  endOf,
  user,
  type Wire,
  wholeChat,
} from './chats.ts';

const UNKNOWN = '7382159487131697202';

let provider: MockProvider;
let coze: TestCoze;
let store: Store;

beforeAll(async () => {
  provider = await startMockProvider();
  coze = await startCoze({
    apps: { chat: chatApp({ suggested_questions_after_answer: { enabled: true } }), other: chatApp() },
    provider: provider.baseUrl,
    config: { keys: [{ key: 'pat_other', bots: ['other'] }] },
  });
  store = await openTestStore(coze.parley);
});
afterAll(async () => {
  await store.destroy();
  await coze.close();
  await provider.close();
});

interface Page {
  readonly data: readonly Wire[];
  readonly first_id: string;
  readonly last_id: string;
  readonly has_more: boolean;
}

async function list(id: string, body?: unknown): Promise<Page> {
  const response = await coze.request('POST', `/v1/conversation/message/list?conversation_id=${id}`, body);
  const { code, msg, detail, ...page } = (await response.json()) as Page & Record<string, unknown>;
  if (code !== 0) throw new Error(`${code}: ${msg}`);
  expect(detail).toEqual({ logid: expect.any(String) });
  expect(Object.keys(page).toSorted()).toEqual(['data', 'first_id', 'has_more', 'last_id']);
  expect(page.first_id).toBe(page.data[0]?.id ?? '');
  expect(page.last_id).toBe(page.data.at(-1)?.id ?? '');
  return page;
}

const contents = (page: Page) => page.data.map(({ content }) => content);
const put = (id: string, content: string) =>
  dataOf(coze.request('POST', `/v1/conversation/message/create?conversation_id=${id}`, user(content)));
const remove = (id: string, message: string) =>
  coze.request('POST', `/v1/conversation/message/delete?conversation_id=${id}&message_id=${message}`);

/** How chats are answered from now on; each then suggests a question. */
function answer(reply: () => MockReply): void {
  provider.reply(({ body }) =>
    JSON.stringify(body?.messages).includes('predict') ? { tokens: ['["!suggested"]'] } : reply(),
  );
}

/** Every kind of message that a conversation has, in their order; `!` marks those that no list has. */
async function makeMix(): Promise<{
  readonly id: string;
  readonly expected: readonly string[];
  /** Lets the last chat end. */
  readonly finish: () => void;
}> {
  let asked = 0;
  answer(() => ({ tokens: [`answer ${++asked}`] }));
  const { id } = await coze.client.conversations.create({
    bot_id: botId('chat'),
    messages: [user('made 1'), assistant('made 2')] as never,
  });
  await wholeChat(coze, '', {
    conversation_id: id,
    additional_messages: [user('context 1'), assistant('context 2'), user('question 1')],
    user_id: 'mix',
  });
  await put(id, 'alone 1');
  await put(id, 'alone 2');
  const conversation = await coze.parley.request('chat', 'GET', '/conversations?user=mix&limit=1');
  const [{ id: uuid }] = ((await conversation.json()) as { data: [{ id: string }] }).data;
  await answered(sendDifyChat(coze.parley, { user: 'mix', query: 'question 2', conversation_id: uuid }));
  await coze.client.conversations.clear(id);
  // Deleted: a question, an answer, both of some in a row, and one that stood alone.
  for (const query of ['!question 3', 'question 4', '!question 5', '!question 6', '!question 7'])
    await wholeChat(coze, query, { conversation_id: id });
  await put(id, '!alone');
  for (const { id: message, content } of (await list(id)).data)
    if (content && /^(!|answer [4-7])/.test(content)) await remove(id, message);
  answer(() => ({ status: 500 }));
  await wholeChat(coze, 'question that failed', { conversation_id: id });
  answer(() => ({ gate: true }));
  const canceled = await beginChat(coze, 'question that was canceled', { conversation_id: id });
  const upstream = await provider.nextRequest((request) => !request.isOver);
  await cancel(coze, canceled);
  upstream.send('answer that goes on');
  upstream.finish();
  await endOf(coze, canceled);
  await vi.waitFor(async () => expect(contents(await list(id))).toContain('answer that goes on'));
  await put(id, 'alone 3');
  answer(() => ({ tokens: ['answer 8'] }));
  await wholeChat(coze, '', { conversation_id: id, additional_messages: [] });
  answer(() => ({ gate: true }));
  await beginChat(coze, 'question that waits', { conversation_id: id });
  const waiting = await provider.nextRequest((request) => !request.isOver);
  const expected = [
    ...['made 1', 'made 2', 'context 1', 'context 2', 'question 1', 'answer 1', 'alone 1', 'alone 2'],
    ...['question 2', 'answer 2', 'answer 3', 'question 4', 'question that failed'],
    ...['question that was canceled', 'answer that goes on', 'alone 3', 'answer 8'],
    ...['question that waits'],
  ];
  return { id, expected, finish: () => waiting.finish() };
}

/** Limits from one message to all at once. */
const limitsOf = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

/** All there is by pages of `limit`, on from the beginning or back from the end. */
async function walk(
  id: string,
  {
    by,
    ...body
  }: {
    readonly by: 'after_id' | 'before_id';
    readonly order: string;
    readonly limit: number;
    readonly from?: string;
  },
): Promise<Wire[]> {
  const { from, ...params } = body;
  const seen: Wire[] = [];
  let border = from;
  for (let more = true; more; ) {
    const page = await list(id, { ...params, ...(border === undefined ? {} : { [by]: border }) });
    expect(page.data.length).toBeLessThanOrEqual(params.limit);
    if (page.has_more) expect(page.data).toHaveLength(params.limit);
    if (by === 'after_id') seen.push(...page.data);
    else seen.unshift(...page.data);
    border = by === 'after_id' ? page.last_id : page.first_id;
    more = page.has_more;
  }
  return seen;
}

/** Whatever the limit, order and direction: each message once, in order, and found by its id. */
async function checkPages(id: string, expected: readonly Wire[]): Promise<void> {
  for (const order of ['asc', 'desc'] as const) {
    const all = order === 'asc' ? expected : expected.toReversed();
    for (const limit of limitsOf(all.length)) {
      expect(await walk(id, { by: 'after_id', order, limit }), `${order} ${limit}`).toEqual(all);
      const last = all.at(-1)?.id as string;
      const back = await walk(id, { by: 'before_id', order, limit, from: last });
      expect(back, `${order} ${limit} back`).toEqual(all.slice(0, -1));
    }
  }
  for (const message of expected) {
    const at = `/v1/conversation/message/retrieve?conversation_id=${id}&message_id=${message.id}`;
    expect(await dataOf(coze.request('GET', at))).toEqual(message);
  }
}

describe('a conversation with all there can be', () => {
  let id: string;
  let all: readonly Wire[];
  let finish: () => void;

  beforeAll(async () => {
    const mix = await makeMix();
    id = mix.id;
    finish = mix.finish;
    const page = await list(id, { order: 'asc' });
    expect(contents(page)).toEqual(mix.expected);
    expect(page.has_more).toBe(false);
    all = page.data;
  });
  afterAll(() => finish());

  test('ids are in order', () => {
    const numbers = all.map((message) => BigInt(message.id));
    expect(numbers).toEqual(numbers.toSorted((a, b) => (a < b ? -1 : 1)));
    expect(new Set(numbers).size).toBe(all.length);
  });

  test('pages of every size, both ways, in both orders', () => checkPages(id, all));

  test('as the SDKs ask: newest first without a body, and with every field empty', async () => {
    const newest = all.toReversed();
    expect((await list(id)).data).toEqual(newest);
    expect((await coze.client.conversations.messages.list(id)).data).toEqual(newest);
    const form = await fetch(`${coze.url}/v1/conversation/message/list?conversation_id=${id}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(((await form.json()) as Page).data).toEqual(newest);
    const python = { order: 'desc', chat_id: null, before_id: null, after_id: null, limit: 50 };
    expect((await list(id, python)).data).toEqual(newest);
    const empty = { order: '', chat_id: '', before_id: '0', after_id: 0, limit: null };
    expect((await list(id, empty)).data).toEqual(newest);
    expect((await list(id, { order: 'ASC', limit: '2' })).data).toEqual(all.slice(0, 2));
  });

  test('as Go’s pager asks: after_id is last_id while there is more', async () => {
    for (const limit of [1, 2, 5, 20]) {
      const seen: string[] = [];
      let page = await coze.client.conversations.messages.list(id, { limit });
      let requests = 1;
      seen.push(...page.data.map((message) => message.id));
      for (; page.has_more; requests++) {
        page = await coze.client.conversations.messages.list(id, { limit, after_id: page.last_id });
        seen.push(...page.data.map((message) => message.id));
      }
      expect(seen).toEqual(all.map((message) => message.id).toReversed());
      expect(requests).toBe(Math.ceil(all.length / limit));
    }
  });

  test('between two messages, in both orders', async () => {
    for (const [from, to] of [
      [0, 5],
      [3, 4],
      [4, 3],
      [2, 2],
      [0, all.length - 1],
    ] as const) {
      const inside = all.slice(from + 1, Math.max(to, from + 1));
      const [a, b] = [all[from]?.id, all[to]?.id];
      expect((await list(id, { order: 'asc', after_id: a, before_id: b })).data).toEqual(inside);
      const back = await list(id, { order: 'desc', after_id: b, before_id: a });
      expect(back.data).toEqual(inside.toReversed());
      const few = await list(id, { order: 'asc', after_id: a, before_id: b, limit: 2 });
      expect(few).toMatchObject({ data: inside.slice(0, 2), has_more: inside.length > 2 });
    }
  });

  test('before the first and after the last is nothing', async () => {
    const nothing = { data: [], first_id: '', last_id: '', has_more: false };
    expect(await list(id, { order: 'asc', before_id: all[0]?.id })).toEqual(nothing);
    expect(await list(id, { order: 'asc', after_id: all.at(-1)?.id })).toEqual(nothing);
    expect(await list(id, { order: 'asc', before_id: '1' })).toEqual(nothing);
    expect((await list(id, { order: 'desc', before_id: '1' })).data).toEqual(all.toReversed());
    expect((await list(id, { order: 'asc', before_id: (2n ** 63n - 1n).toString() })).data).toEqual(all);
  });

  test('of one chat: what it said and brought', async () => {
    const chats = Map.groupBy(all, ({ chat_id }) => chat_id);
    expect(chats.size).toBe(9);
    for (const [chat_id, messages] of chats) {
      if (chat_id === '') continue;
      expect((await list(id, { order: 'asc', chat_id })).data).toEqual(messages);
      for (const limit of limitsOf(messages.length)) {
        const page = await list(id, { order: 'desc', chat_id, limit });
        expect(page.data).toEqual(messages.toReversed().slice(0, limit));
        expect(page.has_more).toBe(limit < messages.length);
      }
    }
  });

  test('a page may begin behind a message that was deleted meanwhile', async () => {
    const note = await put(id, 'last');
    const more = await put(id, 'very last');
    await remove(id, note.id);
    expect((await list(id, { order: 'asc', after_id: note.id })).data).toEqual([more]);
    expect((await list(id, { order: 'desc', after_id: note.id, limit: 1 })).data).toEqual([all.at(-1)]);
    await remove(id, more.id);
  });

  test('parameters that are wrong', async () => {
    const code = (body: unknown, of = id) =>
      codeOf(coze.request('POST', `/v1/conversation/message/list?conversation_id=${of}`, body));
    for (const body of [{ limit: -1 }, { limit: 51 }, { limit: 1.5 }, { order: 'up' }, { after_id: {} }, []])
      expect(await code(body), JSON.stringify(body)).toBe(4000);
    for (const wrong of ['x', '-1', (2n ** 63n).toString()]) {
      expect(await code({ after_id: wrong })).toBe(4005);
      expect(await code({ before_id: wrong })).toBe(4005);
      expect(await code({ chat_id: wrong })).toBe(4001);
    }
    expect(await code({ chat_id: UNKNOWN })).toBe(4001);
    expect(await code({ chat_id: all[0]?.id })).toBe(4001);
    expect(await code({}, UNKNOWN)).toBe(4002);
    expect(await code({}, '')).toBe(4000);
    const foreign = coze.request(
      'POST',
      `/v1/conversation/message/list?conversation_id=${id}`,
      {},
      { token: 'pat_other' },
    );
    expect(await codeOf(foreign)).toBe(4002);
  });
});

test('messages of the same millisecond are told apart, and have their order', async () => {
  provider.reply();
  const chat = await wholeChat(coze, 'question', { app: 'other' });
  const id = chat.conversation_id;
  for (let i = 0; i < 3; i++) {
    await put(id, 'alone');
    await wholeChat(coze, '', {
      app: 'other',
      conversation_id: id,
      additional_messages: [user('context 1'), user('context 2'), user('question')],
    });
  }
  const { id: row } = await store
    .selectFrom('conversations')
    .select('id')
    .orderBy('id', 'desc')
    .executeTakeFirstOrThrow();
  const at = Date.now();
  await store.updateTable('messages').set({ created_at: at }).where('conversation_id', '=', row).execute();
  await store
    .updateTable('conversation_items')
    .set({ created_at: at })
    .where('conversation_id', '=', row)
    .execute();
  const { data } = await list(id, { order: 'asc' });
  expect(data).toHaveLength(2 + 3 * 5);
  expect(new Set(data.map((message) => message.id)).size).toBe(17);
  const numbers = data.map((message) => BigInt(message.id));
  expect(numbers).toEqual(numbers.toSorted((a, b) => (a < b ? -1 : 1)));
  await checkPages(id, data);
});

test('a long conversation is read a page at a time', async () => {
  const said = Array.from({ length: 100 }, (_, i) => user(`made ${i}`));
  const { id } = await coze.client.conversations.create({ bot_id: botId('other'), messages: said as never });
  for (let i = 100; i < 120; i++) await put(id, `made ${i}`);
  const all = await walk(id, { by: 'after_id', order: 'asc', limit: 50 });
  expect(all.map(({ content }) => content)).toEqual(Array.from({ length: 120 }, (_, i) => `made ${i}`));
  const pages: number[] = [];
  for (let page = await list(id); ; page = await list(id, { after_id: page.last_id })) {
    pages.push(page.data.length);
    if (!page.has_more) break;
  }
  expect(pages).toEqual([50, 50, 20]);
});

test('an empty conversation', async () => {
  const { id } = await coze.client.conversations.create({});
  expect(await list(id)).toEqual({ data: [], first_id: '', last_id: '', has_more: false });
});
