import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { chatApp, completionApp } from '../support/parley/apps.ts';
import { startCoze, type TestCoze, TOKEN } from '../support/parley/coze.ts';
import { botId, type ChatRequest, codeOf, type Envelope, wholeChat } from './chats.ts';
import { lacking } from './required.ts';

const OTHER_BOT = 'pat_test-token-of-another-bot';
const READS = 'pat_test-token-that-only-reads';

const chat = chatApp({
  pre_prompt: 'Name {{name}}, mood {{mood}}, age {{age}}, brief {{brief}}.',
  user_input_form: [
    { 'text-input': { label: 'Name', variable: 'name', required: true, max_length: 10, default: 'nobody' } },
    {
      select: {
        label: 'Mood',
        variable: 'mood',
        required: false,
        options: ['glad', 'sad'],
        default: 'glad',
      },
    },
    { number: { label: 'Age', variable: 'age', required: false } },
    { checkbox: { label: 'Brief', variable: 'brief', required: false, default: false } },
  ],
});

let provider: MockProvider;
let coze: TestCoze;
let user = '';
let users = 0;

beforeAll(async () => {
  provider = await startMockProvider();
  coze = await startCoze({
    apps: { chat, other: chat, plain: chatApp(), completion: completionApp() },
    provider: provider.baseUrl,
    config: {
      keys: [
        { key: OTHER_BOT, bots: ['other'] },
        { key: READS, scopes: ['readVariable'] },
      ],
    },
  });
});
afterAll(async () => {
  await coze.close();
  await provider.close();
});
beforeEach(() => {
  provider.reply();
  user = `user-${users++}`;
});

const bot_id = botId('chat');
const set = (data: Record<string, string>, more: object = {}) =>
  coze.client.variables.update({
    bot_id,
    connector_uid: user,
    data: Object.entries(data).map(([keyword, value]) => ({ keyword, value })),
    ...more,
  });
const read = async (more: object = {}) =>
  (await coze.client.variables.retrieve({ bot_id, connector_uid: user, ...more })).items;
const values = async (more: object = {}) =>
  Object.fromEntries((await read(more)).map(({ keyword, value }) => [keyword, value]));
const put = async (body: object, token = TOKEN) => {
  const response = await coze.request('PUT', '/v1/variables', body, { token });
  return (await response.json()) as Envelope<undefined>;
};
const defaults = { name: 'nobody', mood: 'glad', age: '', brief: 'false' };
/** What the model was told of the variables. */
const toldOf = async (more: ChatRequest = {}) => {
  await wholeChat(coze, 'Hi', { user_id: user, ...more });
  return provider.requests.at(-1)?.body?.messages?.[0]?.content;
};

describe('GET /v1/variables', () => {
  test('what was never set has its default, and no times', async () => {
    const items = await read();
    expect(items.map(({ keyword, value }) => [keyword, value])).toEqual(Object.entries(defaults));
    for (const item of items) {
      expect(lacking({ keyword: 'string', value: 'string' }, item)).toEqual([]);
      expect(item).toMatchObject({ create_time: 0, update_time: 0 });
    }
    expect(await values({ bot_id: botId('plain') })).toEqual({});
  });

  test('what was set has its value and its times', async () => {
    await set({ name: 'Ann' });
    const [name, mood] = await read({ keywords: ['name', 'mood'] });
    expect(name).toMatchObject({ keyword: 'name', value: 'Ann' });
    expect(String(name?.create_time)).toMatch(/^\d{10}$/);
    expect(name?.update_time).toBe(name?.create_time);
    expect(mood).toEqual({ keyword: 'mood', value: 'glad', create_time: 0, update_time: 0 });
    await set({ name: 'Bea', age: '7' });
    expect(await values()).toEqual({ ...defaults, name: 'Bea', age: '7' });
  });

  test('keywords choose; unknown ones are left out', async () => {
    expect(Object.keys(await values({ keywords: ['age', 'nope', 'name'] }))).toEqual(['name', 'age']);
    expect(Object.keys(await values({ keywords: ['name, age'] }))).toEqual(['name', 'age']);
    expect(await values({ keywords: ['nope'] })).toEqual({});
    expect(await values({ keywords: [] })).toEqual(defaults);
  });

  test('each user, and each bot, has its own', async () => {
    await set({ name: 'Ann' });
    expect((await values({ connector_uid: 'somebody-else' })).name).toBe('nobody');
    expect((await values({ bot_id: botId('other') })).name).toBe('nobody');
    expect((await values({ connector_id: '1024' })).name).toBe('Ann');
  });

  test('without connector_uid they are those of users/me', async () => {
    const { user_id } = await coze.client.users.me();
    await set({ name: 'Me' }, { connector_uid: undefined });
    expect((await values({ connector_uid: user_id })).name).toBe('Me');
    expect((await values({ connector_uid: '' })).name).toBe('Me');
    expect((await values()).name).toBe('nobody');
  });

  test('refuses what names no bot of the token', async () => {
    const get = (query: string, token = TOKEN) =>
      codeOf(coze.request('GET', `/v1/variables${query}`, undefined, { token }));
    expect(await get('')).toBe(4000);
    expect(await get(`?bot_id=${bot_id}&app_id=1`)).toBe(4000);
    expect(await get('?app_id=1')).toBe(4200);
    expect(await get('?bot_id=1')).toBe(4200);
    expect(await get(`?bot_id=${bot_id}`, OTHER_BOT)).toBe(4200);
    expect(await get(`?bot_id=${bot_id}&connector_uid=${'x'.repeat(256)}`)).toBe(4000);
    expect(await get(`?bot_id=${bot_id}`, READS)).toBe(0);
  });
});

describe('PUT /v1/variables', () => {
  test('answers nothing but success', async () => {
    const response = await coze.request('PUT', '/v1/variables', {
      bot_id,
      connector_uid: user,
      data: [{ keyword: 'name', value: 'Ann', create_time: 0, update_time: 0 }],
    });
    expect(await response.json()).toEqual({
      code: 0,
      msg: '',
      detail: { logid: response.headers.get('x-tt-logid') },
    });
  });

  test('of a keyword that is given twice, the last value counts', async () => {
    const data = ['a', 'b', 'c'].map((value) => ({ keyword: 'name', value }));
    expect((await put({ bot_id, connector_uid: user, data })).code).toBe(0);
    expect((await values()).name).toBe('c');
  });

  test.each([
    ['an unknown keyword', { nope: 'x' }, /nope/],
    ['a property of objects', { constructor: 'x' }, /constructor/],
    ['text that is too long for its field', { name: 'x'.repeat(11) }, /name .* 10 characters/],
    ['no option of a select', { mood: 'wild' }, /mood .* \['glad', 'sad'\]/],
    ['no number', { age: 'old' }, /age .* valid number/],
    ['far too much', { name: 'x'.repeat(70_000) }, /data\.0\.value: must have at most 65536 characters/],
  ])('refuses %s and sets nothing', async (_, wrong, message) => {
    const data = Object.entries({ age: '9', ...wrong }).map(([keyword, value]) => ({ keyword, value }));
    const sent = await put({ bot_id, connector_uid: user, data: data.toReversed() });
    expect(sent).toMatchObject({ code: 4000, msg: expect.stringMatching(message) });
    expect(await values()).toEqual(defaults);
  });

  test('refuses a body that is none', async () => {
    const data = [{ keyword: 'name', value: 'x' }];
    expect((await put({ bot_id, data: [] })).code).toBe(4000);
    expect((await put({ bot_id })).code).toBe(4000);
    expect((await put({ bot_id, data: [{ keyword: 'name' }] })).code).toBe(4000);
    expect((await put({ bot_id, data: [{ keyword: 'name', value: 1 }] })).code).toBe(4000);
    expect((await put({ data })).code).toBe(4000);
    expect((await put({ bot_id, app_id: '1', data })).code).toBe(4000);
    expect((await put({ app_id: '1', data })).code).toBe(4200);
    expect((await put({ bot_id: '1', data })).code).toBe(4200);
    expect((await put({ bot_id, data }, OTHER_BOT)).code).toBe(4200);
    expect((await put({ bot_id, data }, READS)).code).toBe(4101);
    await expect(set({ nope: 'x' })).rejects.toMatchObject({ code: 4000, status: 400 });
  });

  test('many at once, in any order, do not wait for one another', async () => {
    const one = { name: 'Ann', mood: 'sad', age: '1' };
    const other = { age: '2', mood: 'glad', name: 'Bea' };
    await Promise.all(Array.from({ length: 20 }, (_, index) => set(index % 2 ? one : other)));
    expect([one, other].map((set) => ({ ...defaults, ...set }))).toContainEqual(await values());
  });

  test('text without NUL, whatever it says', async () => {
    await set({ name: 'a\0 “ü” 界' });
    expect((await values()).name).toBe('a “ü” 界');
  });
});

describe('in chats', () => {
  test('a variable fills what the chat does not give', async () => {
    expect(await codeOf(coze.request('POST', '/v3/chat', { bot_id, user_id: user }))).toBe(4000);
    await set({ name: 'Ann', mood: 'sad', age: '7', brief: 'true' });
    expect(await toldOf()).toBe('Name Ann, mood sad, age 7, brief True.');
    expect(await toldOf({ custom_variables: { name: 'Bea' } })).toBe(
      'Name Bea, mood sad, age 7, brief True.',
    );
    expect(await toldOf({ parameters: { age: 8 } })).toBe('Name Ann, mood sad, age 8, brief True.');
  });

  test('of another user they are unknown', async () => {
    await set({ name: 'Ann' });
    const custom_variables = { name: 'Cid' };
    expect(await toldOf({ user_id: `${user}-2`, custom_variables })).toMatch(/^Name Cid, mood glad/);
  });

  test('a completion app has them too', async () => {
    await set({ text: 'the old words' }, { bot_id: botId('completion') });
    await wholeChat(coze, 'the new words', { app: 'completion', user_id: user });
    expect(JSON.stringify(provider.requests.at(-1)?.body?.messages)).toContain('Translate: the old words');
  });
});
