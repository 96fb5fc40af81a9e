import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { MockProvider } from '../support/mock-provider/start-mock-provider.ts';
import type { TestCoze } from '../support/parley/coze.ts';
import {
  beginChat,
  codeOf,
  dataOf,
  endOf,
  sendChat,
  streamChat,
  user,
  type Wire,
  wholeChat,
} from './chats.ts';
import {
  ANSWER,
  contents,
  IMAGE,
  listed,
  messagePath,
  messagesApi,
  newConversation,
  oneTurn,
  put,
  retrieve,
  startTalking,
  suggest,
  told,
  UNKNOWN,
} from './message-calls.ts';

let coze: TestCoze;
let provider: MockProvider;

beforeAll(async () => {
  ({ coze, provider } = await startTalking());
});
afterAll(async () => {
  await coze.close();
  await provider.close();
});
beforeEach(() => provider.reply());

describe('create', () => {
  test('answers the message with every field; retrieve and list answer the same', async () => {
    const id = await newConversation(coze);
    const response = await coze.request('POST', `/v1/conversation/message/create?conversation_id=${id}`, {
      ...user('Hi'),
      meta_data: { a: 'b' },
    });
    const body = (await response.json()) as { data: Wire };
    expect(body).toEqual({
      code: 0,
      msg: '',
      data: {
        id: expect.stringMatching(/^\d{19}$/),
        conversation_id: id,
        bot_id: '',
        chat_id: '',
        section_id: id,
        role: 'user',
        type: '',
        content: 'Hi',
        content_type: 'text',
        created_at: expect.any(Number),
        updated_at: expect.any(Number),
        meta_data: { a: 'b' },
      },
      detail: { logid: expect.any(String) },
    });
    expect(await messagesApi(coze).retrieve(id, body.data.id)).toEqual(body.data);
    expect(await listed(coze, id)).toEqual([body.data]);
    const posted = await dataOf(coze.request('POST', messagePath('retrieve', id, body.data.id)));
    expect(posted).toEqual(body.data);
  });

  test('by the SDK: text of both, and parts as an array', async () => {
    const id = await newConversation(coze);
    await put(coze, id, 'My name is Ann.');
    await put(coze, id, 'Hello Ann.', 'assistant');
    await messagesApi(coze).create(id, {
      role: 'user',
      content: [
        { type: 'text', text: 'That is me:' },
        { type: 'image', file_url: IMAGE },
      ],
      content_type: 'object_string',
    } as never);
    await wholeChat(coze, 'Who am I?', { conversation_id: id });
    expect(told(provider)).toEqual([
      'user: My name is Ann.',
      'assistant: Hello Ann.',
      {
        role: 'user',
        content: [expect.objectContaining({ type: 'image_url' }), { type: 'text', text: 'That is me:' }],
      },
      'user: Who am I?',
    ]);
  });

  test('files that are uploads of the token are found again', async () => {
    const id = await newConversation(coze);
    const form = new FormData();
    form.append('file', new Blob(['hey'], { type: 'image/png' }), 'a.png');
    const uploaded = await fetch(`${coze.url}/v1/files/upload`, {
      method: 'POST',
      headers: { authorization: 'Bearer pat_too' },
      body: form,
    });
    const file = await dataOf(uploaded);
    const message = { role: 'user', content_type: 'object_string' };
    const content = JSON.stringify([
      { type: 'text', text: 'See' },
      { type: 'image', file_id: file.id },
    ]);
    const send = (token: string) =>
      coze.request(
        'POST',
        `/v1/conversation/message/create?conversation_id=${id}`,
        { ...message, content },
        { token },
      );
    expect(await codeOf(send('pat_test-token-of-everything'))).toBe(4000);
    expect(await dataOf(send('pat_too'))).toMatchObject({ content, content_type: 'object_string' });
    await wholeChat(coze, 'What is it?', { conversation_id: id });
    expect(told(provider)[0]).toMatchObject({ content: [{ type: 'image_url' }, { text: 'See' }] });
  });

  test('files are refused by a bot that takes none, and left out where it was not known', async () => {
    const parts = JSON.stringify([{ type: 'image', file_url: IMAGE }]);
    const both = JSON.stringify([
      { type: 'text', text: 'See' },
      { type: 'image', file_url: IMAGE },
    ]);
    const image = { role: 'user', content_type: 'object_string' };
    const send = (id: string, content: string) =>
      codeOf(
        coze.request('POST', `/v1/conversation/message/create?conversation_id=${id}`, { ...image, content }),
      );
    expect(await send(await newConversation(coze, 'blind'), both)).toBe(4000);
    const { id } = await coze.client.conversations.create({});
    expect(await send(id, both)).toBe(0);
    expect(await send(id, parts)).toBe(0);
    await wholeChat(coze, 'What is it?', { conversation_id: id, app: 'blind' });
    expect(told(provider)).toEqual(['user: See', 'user: What is it?']);
  });

  test('many at once have each their place, also beside the first chat', async () => {
    const { id } = await coze.client.conversations.create({});
    const made = await Promise.all([
      sendChat(coze, 'Hi', { conversation_id: id }).then(dataOf),
      ...Array.from({ length: 20 }, (_, i) => put(coze, id, String(i))),
      dataOf(coze.request('PUT', `/v1/conversations/${id}`, { name: 'x' })),
    ]);
    await endOf(coze, made[0] as Wire);
    const all = await listed(coze, id);
    expect(new Set(all.map((message) => message.id)).size).toBe(22);
    const numbers = all.map((message) => BigInt(message.id));
    expect(numbers).toEqual(numbers.toSorted((a, b) => (a < b ? -1 : 1)));
    const texts = all.map(({ content }) => content);
    expect(texts.toSorted()).toEqual(
      ['Hi', ANSWER, ...Array.from({ length: 20 }, (_, i) => `${i}`)].toSorted(),
    );
  });

  test.each([
    ['no role', { content: 'x', content_type: 'text' }],
    ['no content', { role: 'user', content_type: 'text' }],
    ['empty content', user('')],
    ['a content type of answers', { ...user('x'), content_type: 'card' }],
    ['no JSON', { ...user('x'), content_type: 'object_string' }],
    ['no parts', { ...user('[]'), content_type: 'object_string' }],
    [
      'two texts',
      { ...user('[{"type":"text","text":"a"},{"type":"text","text":"b"}]'), content_type: 'object_string' },
    ],
    ['an image of nothing', { ...user('[{"type":"image"}]'), content_type: 'object_string' }],
    [
      'an unknown file',
      { ...user(`[{"type":"file","file_id":"${UNKNOWN}"}]`), content_type: 'object_string' },
    ],
    ['parts of the assistant', { role: 'assistant', content: '[]', content_type: 'object_string' }],
    ['pairs that are no text', { ...user('x'), meta_data: { a: 1 } }],
  ])('%s is refused', async (_, body) => {
    const id = await newConversation(coze);
    const at = `/v1/conversation/message/create?conversation_id=${id}`;
    expect(await codeOf(coze.request('POST', at, body))).toBe(4000);
    expect(await listed(coze, id)).toEqual([]);
  });

  test('limits of pairs, and conversations that are none', async () => {
    const id = await newConversation(coze);
    const at = `/v1/conversation/message/create?conversation_id=`;
    const code = (to: string, body: unknown) => codeOf(coze.request('POST', at + to, body));
    expect(await code(id, { ...user('x'), meta_data: { '': 'x' } })).toBe(4003);
    expect(await code(id, { ...user('x'), meta_data: { a: 'x'.repeat(513) } })).toBe(4003);
    expect(await code(UNKNOWN, user('x'))).toBe(4002);
    expect(await code('', user('x'))).toBe(4000);
  });
});

describe('retrieve', () => {
  test('finds what a turn said, and what came with it, by the ids of the stream', async () => {
    suggest(provider);
    const stream = await streamChat(coze, 'Hi', {
      app: 'curious',
      additional_messages: [
        user('One'),
        { role: 'assistant', content: 'Two', content_type: 'text' },
        user('Hi'),
      ],
    });
    const events = await stream.rest();
    const said = events
      .filter(({ event }) => event === 'conversation.message.completed')
      .map(({ data }) => data);
    expect(said.map(({ type }) => type)).toEqual(['answer', 'verbose', 'follow_up']);
    const id = said[0]?.conversation_id as string;
    for (const { id: message, type, content } of said)
      expect(await messagesApi(coze).retrieve(id, message)).toMatchObject({ id: message, type, content });
    const all = await listed(coze, id);
    expect(all.map(({ type, content }) => [type, content])).toEqual([
      ['question', 'One'],
      ['answer', 'Two'],
      ['question', 'Hi'],
      ['answer', ANSWER],
    ]);
    for (const message of all) expect(await messagesApi(coze).retrieve(id, message.id)).toEqual(message);
  });

  test('of what is none is 4005, and of no conversation 4002', async () => {
    const { id, chat, question } = await oneTurn(coze);
    for (const none of [UNKNOWN, 'x', '0', chat.id, id, String(BigInt(question.id) + 256n)])
      expect(await codeOf(retrieve(coze, id, none)), none).toBe(4005);
    expect(await codeOf(retrieve(coze, UNKNOWN, question.id))).toBe(4002);
    expect(await codeOf(retrieve(coze, await newConversation(coze), question.id))).toBe(4005);
    const at = `/v1/conversation/message/retrieve?conversation_id=${id}`;
    expect(await codeOf(coze.request('GET', at))).toBe(4000);
  });

  test('an answer is there once it is whole', async () => {
    provider.reply({ gate: true });
    const chat = await beginChat(coze, 'Hi');
    const upstream = await provider.nextRequest((request) => !request.isOver);
    upstream.send('Hello');
    const id = chat.conversation_id;
    const [question] = await listed(coze, id);
    expect(await contents(coze, id)).toEqual(['Hi']);
    const answer = String(BigInt(question?.id as string) + 1n);
    expect(await codeOf(retrieve(coze, id, answer))).toBe(4005);
    upstream.finish();
    await endOf(coze, chat);
    expect(await dataOf(retrieve(coze, id, answer))).toMatchObject({ type: 'answer', content: 'Hello' });
  });
});

describe('whose they are', () => {
  const every = (id: string, message: string, token: string) =>
    (
      [
        ['GET', messagePath('retrieve', id, message), undefined],
        ['POST', messagePath('modify', id, message), { content: 'stolen' }],
        ['POST', messagePath('delete', id, message), undefined],
        ['POST', `/v1/conversations/${id}/messages/${message}/feedback`, { feedback_type: 'like' }],
        ['DELETE', `/v1/conversations/${id}/messages/${message}/feedback`, undefined],
      ] as const
    ).map(([method, at, body]) => codeOf(coze.request(method, at, body, { token })));

  test('those of another token’s conversation are as unknown as none', async () => {
    const { id, answer } = await oneTurn(coze);
    expect(await Promise.all(every(id, answer.id, 'pat_blind'))).toEqual(Array(5).fill(4002));
    expect(await Promise.all(every(UNKNOWN, answer.id, 'pat_blind'))).toEqual(Array(5).fill(4002));
    // Nor are they found in a conversation of one's own.
    const own = (await oneTurn(coze, 'Hi', 'blind')).id;
    expect(await Promise.all(every(own, answer.id, 'pat_blind'))).toEqual(Array(5).fill(4005));
    expect(await Promise.all(every(id, answer.id, 'pat_r'))).toEqual(Array(5).fill(4101));
    expect(await listed(coze, id)).toHaveLength(2);
  });

  test('those of a token’s conversation without a bot are its own', async () => {
    const { id } = await coze.client.conversations.create({});
    const note = await put(coze, id, 'Mine');
    expect(await Promise.all(every(id, note.id, 'pat_too'))).toEqual(Array(5).fill(4002));
    expect(await contents(coze, id)).toEqual(['Mine']);
  });
});
