import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { chatApp } from '../support/parley/apps.ts';
import { startCoze, type TestCoze, TOKEN } from '../support/parley/coze.ts';
import { answered, sendChat as sendDifyChat } from '../support/parley/turns.ts';
import { botId, codeOf, dataOf, user, wholeChat } from './chats.ts';

const UNKNOWN = '7382159487131697202';

let provider: MockProvider;
let coze: TestCoze;

beforeAll(async () => {
  provider = await startMockProvider();
  coze = await startCoze({
    apps: { chat: chatApp(), other: chatApp(), shy: chatApp() },
    provider: provider.baseUrl,
    config: {
      keys: [
        { key: 'pat_all-too' },
        { key: 'pat_other', bots: ['other'] },
        { key: 'pat_reader', scopes: ['retrieveConversation'] },
      ],
    },
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

describe('whose they are', () => {
  const every = (id: string, token: string) =>
    [
      retrieve(id, token),
      coze.request('PUT', `/v1/conversations/${id}`, { name: 'stolen' }, { token }),
      coze.request('DELETE', `/v1/conversations/${id}`, undefined, { token }),
      coze.request('POST', `/v1/conversations/${id}/clear`, undefined, { token }),
      coze.request('POST', `/v1/conversation/message/list?conversation_id=${id}`, undefined, { token }),
      coze.request('POST', `/v1/conversation/message/create?conversation_id=${id}`, user('x'), { token }),
    ].map(codeOf);

  test('one without a bot is the token’s alone, as unknown to others as none, until its first chat', async () => {
    const { id } = await create();
    for (const token of ['pat_all-too', 'pat_other'])
      expect(await Promise.all(every(id, token))).toEqual(Array(6).fill(4002));
    await wholeChat(coze, 'Hi', { conversation_id: id });
    expect(await codeOf(retrieve(id, 'pat_all-too'))).toBe(0);
    expect(await Promise.all(every(id, 'pat_other'))).toEqual(Array(6).fill(4002));
    expect(await coze.client.conversations.retrieve(id)).toMatchObject({ name: 'Hi' });
  });

  test('one with a bot is of every token that opens the bot', async () => {
    const mine = await create({ bot_id: botId('shy') });
    expect(await codeOf(retrieve(mine.id, 'pat_all-too'))).toBe(0);
    expect(await Promise.all(every(mine.id, 'pat_other'))).toEqual(Array(6).fill(4002));
    const theirs = await create({ bot_id: botId('other') }, 'pat_other');
    expect(await codeOf(retrieve(theirs.id))).toBe(0);
  });

  test('a bot that the token does not open is as unknown as none', async () => {
    const other = coze.clientOf('pat_other');
    const refused = { code: 4200 };
    await expect(other.conversations.create({ bot_id: botId('chat') })).rejects.toMatchObject(refused);
    await expect(other.conversations.list({ bot_id: botId('chat') })).rejects.toMatchObject(refused);
    await expect(other.conversations.list({ bot_id: UNKNOWN })).rejects.toMatchObject(refused);
    expect((await other.conversations.list({ bot_id: botId('other') })).conversations.length).toBeGreaterThan(
      0,
    );
  });

  test('each call has its permission', async () => {
    const { id } = await create({ bot_id: botId('chat') });
    const codes = await Promise.all(every(id, 'pat_reader'));
    expect(codes).toEqual([0, 4101, 4101, 4101, 4101, 4101]);
    const made = coze.request('POST', '/v1/conversation/create', {}, { token: 'pat_reader' });
    expect(await codeOf(made)).toBe(4101);
  });
});

describe('with Dify', () => {
  const dify = async (path: string): Promise<{ data: Record<string, unknown>[] }> =>
    (await coze.parley.request('chat', 'GET', path)).json() as never;

  test('what was begun here is read there, and gone on with', async () => {
    const { id } = await create({ bot_id: botId('chat'), name: 'Shared', messages: [user('Context')] });
    // Nobody's conversations are in no user's list.
    for (const name of ['', 'shared']) expect((await dify(`/conversations?user=${name}`)).data).toEqual([]);
    await wholeChat(coze, 'Hi', { conversation_id: id, user_id: 'shared' });
    const { data } = await dify('/conversations?user=shared');
    expect(data).toMatchObject([{ name: 'Shared', status: 'normal', inputs: {} }]);
    const conversation_id = data[0]?.id as string;
    const turns = await dify(`/messages?user=shared&conversation_id=${conversation_id}`);
    expect(turns.data).toMatchObject([{ query: 'Hi', answer: 'Hello from the mock provider.' }]);
    await answered(sendDifyChat(coze.parley, { query: 'More', user: 'shared', conversation_id }));
    expect(told()).toEqual([
      'user: Context',
      'user: Hi',
      'assistant: Hello from the mock provider.',
      'user: More',
    ]);
    expect(await contentsOf(id)).toEqual([
      'Context',
      ...['Hi', 'Hello from the mock provider.'],
      ...['More', 'Hello from the mock provider.'],
    ]);
  });

  test('what was begun there is read here, and gone on with', async () => {
    const turn = await answered(sendDifyChat(coze.parley, { query: 'From Dify', user: 'dify-user' }));
    const { conversations } = await coze.client.conversations.list({ bot_id: botId('chat'), page_size: 1 });
    const id = conversations[0]?.id as string;
    expect(await contentsOf(id)).toEqual(['From Dify', 'Hello from the mock provider.']);
    // Its end user stays, whoever the chat says it is.
    await wholeChat(coze, 'From Coze', { conversation_id: id, user_id: 'somebody-else' });
    expect(told()).toEqual([
      'user: From Dify',
      'assistant: Hello from the mock provider.',
      'user: From Coze',
    ]);
    const there = await dify(`/messages?user=dify-user&conversation_id=${turn.conversation_id}`);
    expect(there.data.map(({ query }) => query)).toEqual(['From Dify', 'From Coze']);
  });
});
