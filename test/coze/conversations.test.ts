import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { chatApp } from '../support/parley/apps.ts';
import { startCoze, type TestCoze, TOKEN } from '../support/parley/coze.ts';
import { answered, sendChat as sendDifyChat } from '../support/parley/turns.ts';
import { assistant, botId, codeOf, dataOf, streamChat, user, type Wire, wholeChat } from './chats.ts';

const UNKNOWN = '7382159487131697202';

let provider: MockProvider;
let coze: TestCoze;

beforeAll(async () => {
  provider = await startMockProvider();
  coze = await startCoze({
    apps: { chat: chatApp(), paged: chatApp() },
    provider: provider.baseUrl,
  });
});
afterAll(async () => {
  await coze.close();
  await provider.close();
});
beforeEach(() => provider.reply());

const create = (body?: unknown, token = TOKEN) =>
  dataOf(coze.request('POST', '/v1/conversation/create', body, { token }));
const retrieve = (id: string, token = TOKEN) =>
  coze.request('GET', `/v1/conversation/retrieve?conversation_id=${id}`, undefined, { token });
const contentsOf = async (id: string) =>
  (await coze.client.conversations.messages.list(id, { order: 'asc' })).data.map(({ content }) => content);

/** What the model was told last. */
function told(): unknown[] {
  const messages = provider.requests.at(-1)?.body?.messages ?? [];
  return messages.map(({ role, content }) => `${role}: ${content}`);
}

describe('create', () => {
  test.each([
    ['no body', undefined, {}],
    ['an empty form, as the SDK calls it', '', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['an empty object', '{}', { 'content-type': 'application/json; charset=utf-8' }],
    [
      'nothing but empty fields',
      '{"bot_id":"","name":null,"messages":null,"meta_data":null,"connector_id":""}',
      { 'content-type': 'application/json' },
    ],
  ])('with %s makes one, with every field', async (_, body, headers) => {
    const before = Math.floor(Date.now() / 1000);
    const response = await fetch(`${coze.url}/v1/conversation/create`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, ...(headers as Record<string, string>) },
      ...(body === undefined ? {} : { body }),
    });
    expect(response.status).toBe(200);
    const answer = (await response.json()) as { data: Wire };
    expect(answer).toEqual({
      code: 0,
      msg: '',
      data: {
        id: expect.stringMatching(/^\d{19}$/),
        name: '',
        meta_data: {},
        creator_id: expect.stringMatching(/^\d+$/),
        connector_id: '1024',
        created_at: expect.any(Number),
        updated_at: expect.any(Number),
        last_section_id: answer.data.id,
      },
      detail: { logid: response.headers.get('x-tt-logid') },
    });
    expect(answer.data.created_at).toBeGreaterThanOrEqual(before);
    expect(answer.data.created_at).toBeLessThanOrEqual(before + 5);
  });

  test('by the SDK, with a bot, messages and pairs; retrieve answers the same', async () => {
    const made = await coze.client.conversations.create({
      bot_id: botId('chat'),
      messages: [user('My name is Ann.'), assistant('Hello Ann.')] as never,
      meta_data: { ticket: '7' },
    });
    expect(made).toMatchObject({ name: '', meta_data: { ticket: '7' }, last_section_id: made.id });
    expect(await coze.client.conversations.retrieve(made.id)).toEqual(made);
    const { data } = await coze.client.conversations.messages.list(made.id, { order: 'asc' });
    expect(data).toMatchObject([
      { role: 'user', content: 'My name is Ann.', type: '', bot_id: '', chat_id: '', section_id: made.id },
      { role: 'assistant', content: 'Hello Ann.', type: '', bot_id: '', chat_id: '', section_id: made.id },
    ]);
    await wholeChat(coze, 'Who am I?', { conversation_id: made.id });
    expect(told()).toEqual(['user: My name is Ann.', 'assistant: Hello Ann.', 'user: Who am I?']);
    const chatted = await coze.client.conversations.retrieve(made.id);
    expect(chatted.meta_data).toEqual({ ticket: '7' });
  });

  test('a chat without messages answers what the user said at its making', async () => {
    const made = await create({ messages: [assistant('How can I help?'), user('Sing.')] });
    await wholeChat(coze, '', { conversation_id: made.id, additional_messages: [] });
    expect(told()).toEqual(['assistant: How can I help?', 'user: Sing.']);
    expect(await contentsOf(made.id)).toEqual(['How can I help?', 'Sing.', 'Hello from the mock provider.']);
  });

  test('without a bot, it is of the bot of its first chat', async () => {
    const made = await create({ name: 'Mine' });
    expect(await codeOf(streamCode(made.id, 'chat'))).toBe(0);
    const { conversations } = await coze.client.conversations.list({ bot_id: botId('chat') });
    expect(conversations).toContainEqual(expect.objectContaining({ id: made.id, name: 'Mine' }));
  });

  test.each([
    ['an unknown bot', { bot_id: UNKNOWN }, 4200],
    ['a name of 101 characters', { name: '\u{1f600}'.repeat(101) }, 4000],
    ['no object', [], 4000],
    ['messages that are none', { messages: 'Hi' }, 4000],
    ['a message of the system', { messages: [{ ...user('x'), role: 'system' }] }, 4000],
    ['a question of the assistant', { messages: [{ ...assistant('x'), type: 'question' }] }, 4000],
    ['an empty message', { messages: [user('')] }, 4000],
    ['101 messages', { messages: Array.from({ length: 101 }, () => user('x')) }, 4004],
    ['17 pairs', { meta_data: pairs(17) }, 4003],
    ['pairs of a message beyond the limits', { messages: [{ ...user('x'), meta_data: pairs(17) }] }, 4003],
    ['an image that stands alone', { messages: [image()] }, 4000],
    ['an assistant’s object', { messages: [{ ...image(), role: 'assistant' }] }, 4000],
    ['an unknown file', { messages: [user('see'), image({ file_id: UNKNOWN })] }, 4000],
    ['no address', { messages: [user('see'), image({ file_url: 'nowhere' })] }, 4000],
  ])('%s is refused', async (_, body, code) => {
    expect(await codeOf(coze.request('POST', '/v1/conversation/create', body))).toBe(code);
  });

  test('limits are what just passes', async () => {
    const name = '\u{1f600}'.repeat(100);
    const made = await create({
      name,
      meta_data: pairs(16),
      messages: Array.from({ length: 100 }, (_, i) => user(String(i))),
    });
    expect(made).toMatchObject({ name, meta_data: pairs(16) });
    const first = await coze.client.conversations.messages.list(made.id, { order: 'asc' });
    expect(first.data.map(({ content }) => content)).toEqual(Array.from({ length: 50 }, (_, i) => String(i)));
    expect(first.has_more).toBe(true);
    const images = await create({ messages: [user('see'), image()] });
    const { data } = await coze.client.conversations.messages.list(images.id);
    expect(data[0]).toMatchObject({ content_type: 'object_string' });
    expect(JSON.parse(data[0]?.content as string)).toEqual([
      { type: 'image', file_url: 'https://x.example/a.png' },
    ]);
  });
});

function streamCode(conversation_id: string, app: string) {
  return coze.request('POST', `/v3/chat?conversation_id=${conversation_id}`, {
    bot_id: botId(app),
    user_id: 'u1',
    additional_messages: [user('Hi')],
  });
}

function pairs(count: number): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, i) => [`${i}`.padEnd(64, 'k'), 'v'.repeat(512)]),
  );
}

function image(part: object = { file_url: 'https://x.example/a.png' }) {
  return {
    role: 'user',
    content_type: 'object_string',
    content: JSON.stringify([{ type: 'image', ...part }]),
  };
}

describe('retrieve', () => {
  test.each([UNKNOWN, '0', 'x', '1'.repeat(255)])('%s is no conversation', async (id) => {
    expect(await codeOf(retrieve(id))).toBe(4002);
    await expect(coze.client.conversations.retrieve(id)).rejects.toMatchObject({ code: 4002 });
  });

  test('without an id is 4000', async () => {
    expect(await codeOf(coze.request('GET', '/v1/conversation/retrieve'))).toBe(4000);
    expect(await codeOf(coze.request('GET', '/v1/conversation/retrieve?conversation_id='))).toBe(4000);
  });

  test('of one that chats began has the section and the name of the chat', async () => {
    const chat = await wholeChat(coze, 'What is the weather like in Rome?');
    expect(await coze.client.conversations.retrieve(chat.conversation_id)).toMatchObject({
      id: chat.conversation_id,
      name: 'What is the weather …',
      meta_data: {},
      last_section_id: chat.section_id,
    });
  });
});

describe('list', () => {
  const list = (query: string, token = TOKEN) =>
    dataOf<{ has_more: boolean; conversations: Wire[] }>(
      coze.request('GET', `/v1/conversations?bot_id=${botId('paged')}${query}`, undefined, { token }),
    );
  const made: string[] = [];

  beforeAll(async () => {
    for (let i = 0; i < 7; i++) {
      // Of nobody yet, of end users of this API and of Dify's.
      if (i % 3 === 0) made.push((await create({ bot_id: botId('paged') })).id);
      else if (i % 3 === 1)
        made.push((await wholeChat(coze, 'Hi', { app: 'paged', user_id: `u${i}` })).conversation_id);
      else {
        await answered(sendDifyChat(coze.parley, { user: `u${i}` }, 'paged'));
        made.push((await list('')).conversations[0]?.id as string);
      }
    }
  });

  test('newest first, and oldest first', async () => {
    const newest = await coze.client.conversations.list({ bot_id: botId('paged') });
    expect(newest.conversations.map(({ id }) => id)).toEqual(made.toReversed());
    expect(newest.has_more).toBe(false);
    for (const order of ['ASC', 'asc']) {
      const { conversations } = await list(`&sort_order=${order}&connector_id=1024`);
      expect(conversations.map(({ id }) => id)).toEqual(made);
    }
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])('pages of %i have each once', async (page_size) => {
    const seen: string[] = [];
    for (let page_num = 1, more = true; more; page_num++) {
      const page = await coze.client.conversations.list({ bot_id: botId('paged'), page_num, page_size });
      expect(page.conversations).toHaveLength(Math.min(page_size, 7 - seen.length));
      seen.push(...page.conversations.map(({ id }) => id));
      more = page.has_more;
    }
    expect(seen).toEqual(made.toReversed());
  });

  test('behind the end is an empty page; larger pages than Coze names are taken', async () => {
    for (const page of [2, 1e9, Number.MAX_SAFE_INTEGER])
      expect(await list(`&page_num=${page}`)).toEqual({ has_more: false, conversations: [] });
    expect((await list('&page_size=100&page_num=')).conversations).toHaveLength(7);
    expect((await list('&page_size=1000')).conversations).toHaveLength(7);
  });

  test('parameters that are wrong', async () => {
    const codes = async (query: string) => codeOf(coze.request('GET', `/v1/conversations${query}`));
    expect(await codes('')).toBe(4000);
    expect(await codes('?bot_id=')).toBe(4000);
    expect(await codes(`?bot_id=${UNKNOWN}`)).toBe(4200);
    for (const wrong of ['page_num=-1', 'page_num=x', 'page_size=-1', 'page_size=1.5', 'sort_order=UP'])
      expect(await codes(`?bot_id=${botId('paged')}&${wrong}`), wrong).toBe(4000);
  });
});

test('update renames, here and in Dify; the SDK of Python sends null for nothing', async () => {
  const chat = await wholeChat(coze, 'Hi', { user_id: 'renamer' });
  const path = `/v1/conversations/${chat.conversation_id}`;
  const renamed = await dataOf(coze.request('PUT', path, { name: 'A new name' }));
  expect(renamed).toMatchObject({ id: chat.conversation_id, name: 'A new name' });
  for (const body of [{ name: null }, {}, undefined])
    expect(await dataOf(coze.request('PUT', path, body))).toEqual(renamed);
  const dify = await coze.parley.request('chat', 'GET', '/conversations?user=renamer');
  expect(await dify.json()).toMatchObject({ data: [{ name: 'A new name' }] });
  expect(await codeOf(coze.request('PUT', path, { name: 'x'.repeat(101) }))).toBe(4000);
  expect(await codeOf(coze.request('PUT', `/v1/conversations/${UNKNOWN}`, { name: 'x' }))).toBe(4002);
});

test('delete answers no data, and the conversation is gone with its messages', async () => {
  const chat = await wholeChat(coze, 'Hi', { user_id: 'deleter' });
  const id = chat.conversation_id;
  const response = await coze.request('DELETE', `/v1/conversations/${id}`);
  expect(await response.json()).toEqual({ code: 0, msg: '', detail: { logid: expect.any(String) } });
  expect(await codeOf(coze.request('DELETE', `/v1/conversations/${id}`))).toBe(4002);
  expect(await codeOf(retrieve(id))).toBe(4002);
  expect(await codeOf(coze.request('POST', `/v1/conversation/message/list?conversation_id=${id}`))).toBe(
    4002,
  );
  expect(await codeOf(streamCode(id, 'chat'))).toBe(4002);
  const dify = await coze.parley.request('chat', 'GET', '/conversations?user=deleter');
  expect(await dify.json()).toMatchObject({ data: [] });
});

test('clear begins a section: earlier words are listed and no context any more', async () => {
  const made = await create({ bot_id: botId('chat') });
  const conversation_id = made.id;
  await wholeChat(coze, 'First', { conversation_id });
  const section = await coze.client.conversations.clear(conversation_id);
  expect(section).toEqual({ id: expect.stringMatching(/^\d{19}$/), conversation_id });
  expect(section.id).not.toBe(conversation_id);
  expect(await coze.client.conversations.retrieve(conversation_id)).toMatchObject({
    last_section_id: section.id,
  });
  await coze.client.conversations.messages.create(conversation_id, {
    ...user('Noted'),
    meta_data: {},
  } as never);
  const chat = await wholeChat(coze, 'Second', { conversation_id });
  expect(chat.section_id).toBe(section.id);
  expect(told()).toEqual(['user: Noted', 'user: Second']);
  const { data } = await coze.client.conversations.messages.list(conversation_id, { order: 'asc' });
  expect(data.map(({ content, section_id }) => [content, section_id])).toEqual([
    ['First', conversation_id],
    ['Hello from the mock provider.', conversation_id],
    ['Noted', section.id],
    ['Second', section.id],
    ['Hello from the mock provider.', section.id],
  ]);
  const again = await coze.client.conversations.clear(conversation_id);
  expect(again.id).not.toBe(section.id);
  const code = codeOf(streamNothing(conversation_id));
  expect(await code).toBe(4000);
  expect(await codeOf(coze.request('POST', `/v1/conversations/${UNKNOWN}/clear`))).toBe(4002);
});

const streamNothing = (id: string) =>
  coze.request('POST', `/v3/chat?conversation_id=${id}`, { bot_id: botId('chat'), user_id: 'u1' });

test('while a chat is running, its conversation can be renamed, cleared and deleted', async () => {
  provider.reply({ gate: true });
  const { id } = await create();
  const reader = await streamChat(coze, 'Hi', { conversation_id: id });
  const upstream = await provider.nextRequest((request) => !request.isOver);
  expect(await codeOf(coze.request('PUT', `/v1/conversations/${id}`, { name: 'x' }))).toBe(0);
  expect(await codeOf(coze.request('POST', `/v1/conversations/${id}/clear`))).toBe(0);
  expect(await codeOf(coze.request('DELETE', `/v1/conversations/${id}`))).toBe(0);
  upstream.send('late');
  upstream.finish();
  expect((await reader.rest()).at(-1)).toEqual({ event: 'done', data: '[DONE]' });
  expect(await codeOf(retrieve(id))).toBe(4002);
});
