import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import type { Store } from '../../src/store/open-store.ts';
import { cancel, codeOf, dataOf, messagesOf, retrieve, user, type Wire } from '../coze/chats.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import type { TestCoze } from '../support/parley/coze.ts';
import { openTestStore } from '../support/parley/open-test-store.ts';
import { ask, calls, requestFor } from './coze-ask.ts';
import { settledRows } from './coze-rows.ts';
import { as, type CozeThings, makeThings, objectString, startHouse, TOKENS } from './coze-victim.ts';

let provider: MockProvider;
let coze: TestCoze;
let store: Store;
let alice: TestCoze;
let things: CozeThings;

beforeAll(async () => {
  provider = await startMockProvider();
  coze = await startHouse(provider);
  store = await openTestStore(coze.parley);
  alice = as(coze, TOKENS.alice);
  things = await makeThings(coze, 'chat', TOKENS.alice, 'word');
});
afterAll(async () => {
  await store.destroy();
  await coze.close();
  await provider.close();
});

const text = objectString({ type: 'text', text: 'Hi' });
const query = () => `?conversation_id=${things.conversation_id}`;

describe('pages', () => {
  const paged = calls.flatMap(([name, { query }]) => {
    const names = query instanceof z.ZodObject ? Object.keys(query.shape) : [];
    const page = names.find((name) => name === 'page_num' || name === 'page_index');
    return page && names.includes('page_size') ? [[name.replace('GET ', ''), page] as const] : [];
  });
  const bot = () => `bot_id=${things.bot_id}`;

  test('are of five lists', () => expect(paged).toHaveLength(5));

  test.each(paged)('%s: no such page or size', async (path, page) => {
    for (const wrong of [
      '-1',
      '1.5',
      '1e3',
      'NaN',
      '%00',
      '0x10',
      '+1',
      '１',
      'all',
      '1;',
      '9'.repeat(400),
      '9223372036854775808',
    ]) {
      const names = wrong.startsWith('9') ? ['page_size', page] : ['page_size', page];
      for (const name of names)
        expect(
          await codeOf(alice.request('GET', `${path}?${bot()}&${name}=${wrong}`)),
          `${name}=${wrong}`,
        ).toBe(4000);
    }
    expect(await codeOf(alice.request('GET', `${path}?${bot()}&page_size=1001`))).toBe(4000);
  });

  test.each(paged)('%s: the last page of all is empty, and comes at once', async (path, page) => {
    for (const number of ['2', '1000000001', '9007199254740991']) {
      const address = `${path}?${bot()}&${page}=${number}&page_size=1000`;
      const data = await dataOf<Record<string, unknown>>(alice.request('GET', address));
      expect(Object.values(data).filter(Array.isArray)).toEqual([[]]);
      expect(data.has_more ?? false).toBe(false);
    }
  });

  test.each(['-1', '-0.5', '51', '1.5', '1e400', '"1e2"', '"x"', '[]', '{}', 'true', '9223372036854775808'])(
    'a list of messages has no limit %s',
    async (limit) => {
      const init = {
        method: 'POST',
        body: `{"limit":${limit}}`,
        headers: { 'content-type': 'application/json' },
      };
      const path = `/v1/conversation/message/list${query()}`;
      expect((await ask(coze, { path, init }, `Bearer ${TOKENS.alice}`)).code).toBe(4000);
    },
  );
});

describe('at once', () => {
  test('conversations and messages have ids of their own', async () => {
    const make = () => dataOf(alice.request('POST', '/v1/conversation/create', {}));
    const made = await Promise.all(Array.from({ length: 200 }, make));
    expect(new Set(made.map(({ id }) => id)).size).toBe(200);
    const [{ id }] = made as [Wire];
    const path = `/v1/conversation/message/create?conversation_id=${id}`;
    const said = Array.from({ length: 50 }, (_, n) => String(n));
    const put = await Promise.all(said.map((word) => dataOf(alice.request('POST', path, user(word)))));
    const listed = await dataOf<Wire[]>(
      alice.request('POST', path.replace('create', 'list'), { order: 'asc' }),
    );
    expect(new Set(put.map(({ id }) => id)).size).toBe(50);
    const inOrder = put.toSorted((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1));
    expect(listed.map(({ id }) => id)).toEqual(inOrder.map(({ id }) => id));
    expect(listed.map(({ content }) => content).toSorted()).toEqual(said.toSorted());
  });

  test('whatever is asked of a conversation while it is deleted, nothing fails', async () => {
    for (let round = 0; round < 5; round++) {
      const mine = await makeThings(coze, 'chat', TOKENS.alice, `round ${round}`);
      const others = calls.filter(([name]) => !/^DELETE \/v1\/conversations\/:conversation_id$/.test(name));
      const all = [...others, ...others].map(([, route, method]) => requestFor(route, method, mine));
      const last = { path: `/v1/conversations/${mine.conversation_id}`, init: { method: 'DELETE' } };
      const order = [...all.slice(0, round * 8), last, ...all.slice(round * 8)];
      const said = await Promise.all(order.map((request) => ask(coze, request, `Bearer ${TOKENS.alice}`)));
      expect(said.filter(({ status }) => status >= 500)).toEqual([]);
      await settledRows(store);
    }
  });
});

test('requests are limited for each token, but for those that stop a chat or look how it goes', async () => {
  const limited = await startHouse(provider, { limits: { requests_per_minute: 2 } });
  const [first, other] = [as(limited, TOKENS.alice), as(limited, TOKENS.peer)];
  const { bot_id } = things;
  for (let n = 0; n < 5; n++)
    expect((await limited.request('GET', '/v1/users/me', undefined, { token: 'pat_x' })).status).toBe(401);
  const chat = await dataOf(
    first.request('POST', '/v3/chat', { bot_id, user_id: 'u', additional_messages: [text] }),
  );
  expect(await codeOf(first.request('GET', '/v1/users/me'))).toBe(0);
  const exempt = ['/v3/chat/retrieve', '/v3/chat/message/list', '/v3/chat/cancel'];
  const named = { ...things, chat_id: chat.id, conversation_id: chat.conversation_id };
  for (const [name, route, method] of calls) {
    const said = await ask(limited, requestFor(route, method, named), `Bearer ${TOKENS.alice}`);
    expect(said.status === 429, name).toBe(!exempt.includes(route.path));
    if (said.status !== 429) continue;
    expect(JSON.parse(said.text)).toEqual({
      code: 4009,
      msg: expect.stringMatching(/./),
      detail: { logid: expect.any(String) },
    });
  }
  await retrieve(first, chat);
  await messagesOf(first, chat);
  expect((await cancel(first, chat)).status).toBe(200);
  expect(await codeOf(other.request('GET', '/v1/users/me'))).toBe(0);
  await limited.close();
});
