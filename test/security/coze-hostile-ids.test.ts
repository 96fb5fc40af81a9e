import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NOBODY } from '../../src/store/end-users.ts';
import type { Store } from '../../src/store/open-store.ts';
import { codeOf, dataOf, sendChat, type Wire, wholeChat } from '../coze/chats.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import type { TestCoze } from '../support/parley/coze.ts';
import { openTestStore } from '../support/parley/open-test-store.ts';
import { ask, calls, namedBy, requestFor } from './coze-ask.ts';
import { difference, settledRows } from './coze-rows.ts';
import {
  as,
  type CozeThings,
  makeLoose,
  makeThings,
  objectString,
  startHouse,
  TOKENS,
} from './coze-victim.ts';

let provider: MockProvider;
let coze: TestCoze;
let store: Store;
let alice: TestCoze;
let things: CozeThings;
let rows: string[];

beforeAll(async () => {
  provider = await startMockProvider();
  coze = await startHouse(provider);
  store = await openTestStore(coze.parley);
  alice = as(coze, TOKENS.alice);
  things = await makeThings(coze, 'chat', TOKENS.alice, 'word');
  rows = await settledRows(store);
});
afterAll(async () => {
  await store.destroy();
  await coze.close();
  await provider.close();
});

const wide = (id: string) => id.replace(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit)));
/** What is no id, and what is nearly that of one's own thing. */
const IDS: readonly (readonly [string, (real: string) => string])[] = [
  ['zeros in front of a small number', () => '00012'],
  ['a blank in front', (real) => ` ${real}`],
  ['a blank behind', (real) => `${real} `],
  ['a line end behind', (real) => `${real}\n`],
  ['a plus', (real) => `+${real}`],
  ['a minus', (real) => `-${real}`],
  ['a zero in front', (real) => `0${real}`],
  ['a zero behind', (real) => `${real}0`],
  ['a fraction', (real) => `${real}.0`],
  ['an exponent', (real) => `${real}e0`],
  ['hexadecimal', (real) => `0x${BigInt(real).toString(16)}`],
  ['separators', (real) => real.replace(/(?=(?:\d{3})+$)/g, '_')],
  ['digits of full width', (real) => wide(real)],
  ['a NUL in front', (real) => `\0${real}`],
  ['a NUL behind', (real) => `${real}\0`],
  ['the same modulo 2^64', (real) => (BigInt(real) + 2n ** 64n).toString()],
  ['the same modulo 2^63', (real) => (BigInt(real) + 2n ** 63n).toString()],
  ['one of another moment', (real) => (BigInt(real) ^ (1n << 40n)).toString()],
  ['another of its moment', (real) => (BigInt(real) ^ (1n << 12n)).toString()],
  ['two', (real) => `${real},${real}`],
  ['nineteen nines', () => '9'.repeat(19)],
  ['2^63', () => (2n ** 63n).toString()],
  ['2^63 - 1', () => (2n ** 63n - 1n).toString()],
  ['255 digits', () => '1'.repeat(255)],
  ['256 digits', () => '1'.repeat(256)],
  ['words', () => 'null'],
  ['a method', () => 'constructor'],
  ['a prototype', () => '__proto__'],
  ['an object', () => '[object Object]'],
  ['SQL', (real) => `${real}' OR '1'='1`],
  ['a comment', (real) => `${real}--`],
  ['a wildcard', () => '%'],
  ['half a character', () => '\ud800'],
  ['a path', () => '../../../etc/passwd'],
];

const slots = calls.flatMap(([name, route, method]) =>
  namedBy(route).map((key) => [`${name} ${key}`, key, route, method] as const),
);

describe.each(slots)('%s', (_name, key, route, method) => {
  test('what is no id of a thing names none', async () => {
    for (const [what, idOf] of IDS) {
      const mine = { ...things, ...(key === 'file_id' ? { message_id: things.question_id } : {}) };
      const wrong = { ...mine, [key]: idOf(things[key]) };
      const said = await ask(coze, requestFor(route, method, wrong), `Bearer ${TOKENS.alice}`);
      // Borders of a list are places: a number is one, whatever is there.
      const isBorder = key === 'message_id' && route.path.endsWith('/message/list');
      if (isBorder && /^\d{1,19}$/.test(wrong[key]) && said.code === 0) continue;
      expect(said.status, `${what}: ${said.text}`).toBeLessThanOrEqual(400);
      expect(said.code, `${what}: ${said.text}`).toBeGreaterThanOrEqual(4000);
      expect(said.code, `${what}: ${said.text}`).toBeLessThan(4300);
    }
  });
});

test('and nothing was made or changed by them', async () => {
  expect(slots.length).toBeGreaterThan(40);
  expect(difference(rows, await settledRows(store))).toEqual([]);
});

test.each(['1e400', '2235139239324415078', '1.5', '-1', '[]', '{}', 'true', '[1]', '{"id":1}'])(
  'a file_id or bot_id that is %s in JSON is refused',
  async (value) => {
    const { bot_id, user } = things;
    const picture = objectString({ type: 'text', text: 'see' }, { type: 'image', file_id: '@@' });
    for (const body of [
      { bot_id: '@@', user_id: user, additional_messages: [objectString({ type: 'text', text: 'Hi' })] },
      {
        bot_id,
        user_id: user,
        additional_messages: [{ ...picture, content: picture.content.replace('"@@"', value) }],
      },
    ]) {
      const json = JSON.stringify(body).replace('"@@"', value);
      const init = { method: 'POST', body: json, headers: { 'content-type': 'application/json' } };
      const said = await ask(coze, { path: '/v3/chat', init }, `Bearer ${TOKENS.alice}`);
      expect(said.code, said.text).toBe(4000);
    }
  },
);

describe('nobody', () => {
  test('can be named by no client', async () => {
    const { bot_id } = things;
    const data = [{ keyword: 'secret', value: 'of nobody' }];
    await dataOf(alice.request('POST', '/v1/conversation/create', { bot_id }));
    for (const name of ['', '\0', '\0\0'])
      expect(await codeOf(sendChat(alice, 'Hi', { user_id: name })), JSON.stringify(name)).toBe(4000);
    for (const connector_uid of ['', '\0', '\0\0']) {
      expect(await codeOf(alice.request('PUT', '/v1/variables', { bot_id, connector_uid, data }))).toBe(0);
      const query = new URLSearchParams({ bot_id, connector_uid });
      await dataOf(alice.request('GET', `/v1/variables?${query}`));
    }
    const nobody = await store
      .selectFrom('end_users')
      .leftJoin('user_variables', 'user_variables.end_user_id', 'end_users.id')
      .select(['end_users.id', 'user_variables.value'])
      .where('app_id', '=', 'chat')
      .where('session_id', '=', NOBODY)
      .execute();
    expect(nobody).toMatchObject([{ value: null }]);
  });
});

test('a chat that is refused leaves its conversation as it was, and reading makes nobody', async () => {
  const loose = await makeLoose(coze, TOKENS.alice, 'loose');
  const before = await settledRows(store);
  const { conversation_id } = loose;
  for (const more of [
    { custom_variables: { secret: 5 } },
    { meta_data: { '': '' } },
    { auto_save_history: false },
  ])
    expect(await codeOf(sendChat(alice, 'Hi', { conversation_id, ...more }))).toBeGreaterThanOrEqual(4000);
  expect(difference(before, await settledRows(store))).toEqual([]);
  const users = () => store.selectFrom('end_users').selectAll().execute();
  const known = await users();
  const query = new URLSearchParams({ bot_id: things.bot_id, connector_uid: 'never seen' });
  await dataOf(alice.request('GET', `/v1/variables?${query}`));
  expect(await users()).toEqual(known);
});

describe('names of the language', () => {
  test.each(['constructor', 'toString', 'hasOwnProperty', 'then', '__defineGetter__'])(
    '%s is a name like any other',
    async (name) => {
      const meta_data = { [name]: 'mine' };
      const made = await dataOf(alice.request('POST', '/v1/conversation/create', { meta_data }));
      expect(made.meta_data).toEqual(meta_data);
      const given = { [name]: 'x', secret: 'ok' };
      const more = { meta_data, custom_variables: given, parameters: given };
      const chat = await wholeChat(alice, `Hi {{${name}}}`, more);
      expect(chat.meta_data).toEqual(meta_data);
      const prompts = provider.requests.map(({ body }) => String(body?.messages?.[0]?.content));
      expect(prompts.findLast((prompt) => prompt.startsWith('A prompt'))).toMatch(/\. ok$/);
      const { bot_id, user } = things;
      const set = { bot_id, connector_uid: user, data: [{ keyword: name, value: 'x' }] };
      expect(await codeOf(alice.request('PUT', '/v1/variables', set))).toBe(4000);
    },
  );

  test('__proto__ behind a NUL changes no object', async () => {
    const key = '__proto__\0';
    const meta_data = { [key]: 'x', kept: 'y' };
    const made = await dataOf(alice.request('POST', '/v1/conversation/create', { meta_data }));
    expect(made.meta_data).toMatchObject({ kept: 'y' });
    expect(Object.getPrototypeOf(made.meta_data)).toBe(Object.prototype);
    expect(await codeOf(sendChat(alice, 'Hi', { custom_variables: { [key]: { secret: 'polluted' } } }))).toBe(
      0,
    );
    expect(({} as Record<string, unknown>).secret).toBeUndefined();
  });
});

test('what is stored and answered is what was said, but for NUL and halves of characters', async () => {
  for (const [said, kept] of [
    ["'; DROP TABLE messages; --", "'; DROP TABLE messages; --"],
    ['a\0b', 'ab'],
    ['a\r\nb\u2028c\u2029d\u0085e', 'a\r\nb\u2028c\u2029d\u0085e'],
    ['half \ud83d', 'half \ufffd'],
    ['\u202e\ufeff\u200b', '\u202e\ufeff\u200b'],
    ['<script>{{secret}}</script>', '<script>{{secret}}</script>'],
  ] as const) {
    const made = await dataOf(
      alice.request('POST', '/v1/conversation/create', {
        name: said,
        messages: [{ role: 'user', content: said }],
      }),
    );
    const [read] = [
      await dataOf(alice.request('GET', `/v1/conversation/retrieve?conversation_id=${made.id}`)),
    ];
    expect(read.name).toBe(kept);
    const [message] = await dataOf<Wire[]>(
      alice.request('POST', `/v1/conversation/message/list?conversation_id=${made.id}`, {}),
    );
    expect(message?.content).toBe(kept);
  }
});
