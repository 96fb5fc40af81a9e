import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { chatApp } from '../support/parley/apps.ts';
import { startCoze, type TestCoze } from '../support/parley/coze.ts';
import { assistant, botId, codeOf, dataOf, endOf, sendChat, user, wholeChat } from './chats.ts';

let provider: MockProvider;
let coze: TestCoze;

beforeAll(async () => {
  provider = await startMockProvider();
  coze = await startCoze({
    apps: {
      chat: chatApp({
        file_upload: {
          enabled: true,
          number_limits: 2,
          allowed_file_types: ['image'],
          allowed_file_upload_methods: ['local_file', 'remote_url'],
          image: { enabled: true, number_limits: 2, transfer_methods: ['local_file', 'remote_url'] },
        },
      }),
      blind: chatApp(),
    },
    provider: provider.baseUrl,
  });
});
afterAll(async () => {
  await coze.close();
  await provider.close();
});

const text = (said: string) => ({ type: 'text', text: said });
const image = (name = 'a') => ({ type: 'image', file_url: `https://example.com/${name}.png` });
const parts = (...content: object[]) => ({
  role: 'user',
  content: JSON.stringify(content),
  content_type: 'object_string',
});
const say = (...additional_messages: object[]) => sendChat(coze, '', { additional_messages });
const asked = () => provider.requests.at(-1)?.body?.messages;
const seen = (name = 'a') => ({
  type: 'image_url',
  image_url: expect.objectContaining({ url: `https://example.com/${name}.png` }),
});

test('a text and images are one question', async () => {
  await endOf(coze, await dataOf(say(parts(text('What is this?'), image('a'), image('b')))));
  expect(asked()).toEqual([
    { role: 'user', content: [seen('a'), seen('b'), { type: 'text', text: 'What is this?' }] },
  ]);
});

test('a text of an object_string is a text', async () => {
  await endOf(coze, await dataOf(say(parts(text('Just words')))));
  expect(asked()).toEqual([{ role: 'user', content: 'Just words' }]);
});

test('a question whose images come in a message of their own, after it or before it', async () => {
  await endOf(coze, await dataOf(say(user('What is this?'), parts(image()))));
  expect(asked()).toEqual([{ role: 'user', content: [seen(), { type: 'text', text: 'What is this?' }] }]);
  await endOf(coze, await dataOf(say(parts(image()), user('What is this?'))));
  expect(asked()).toEqual([
    { role: 'user', content: [seen()] },
    { role: 'user', content: 'What is this?' },
  ]);
});

test('images of earlier messages and of earlier chats are context', async () => {
  provider.reply({ tokens: ['A cat.'] });
  const { conversation_id } = await wholeChat(coze, '', {
    additional_messages: [
      parts(text('Look'), image('a')),
      assistant('Nice.'),
      parts(text('And?'), image('b')),
    ],
  });
  const first = [
    { role: 'user', content: [seen('a'), { type: 'text', text: 'Look' }] },
    { role: 'assistant', content: 'Nice.' },
    { role: 'user', content: [seen('b'), { type: 'text', text: 'And?' }] },
  ];
  expect(asked()).toEqual(first);
  await wholeChat(coze, 'So?', { conversation_id });
  expect(asked()).toEqual([
    ...first,
    { role: 'assistant', content: 'A cat.' },
    { role: 'user', content: 'So?' },
  ]);
});

test('text that looks like parts is text', async () => {
  const content = JSON.stringify([text('no')]);
  await endOf(coze, await dataOf(say(user(content))));
  expect(asked()).toEqual([{ role: 'user', content }]);
});

test('an uploaded image is asked about by its id', async () => {
  const png = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  );
  const form = new FormData();
  form.append('file', new Blob([png], { type: 'image/png' }), 'dot.png');
  const { id } = await dataOf(
    fetch(`${coze.url}/v1/files/upload`, {
      method: 'POST',
      headers: { authorization: 'Bearer pat_test-token-of-everything' },
      body: form,
    }),
  );
  await endOf(coze, await dataOf(say(parts(text('What?'), { type: 'image', file_id: id }))));
  const url = `data:image/png;base64,${png.toString('base64')}`;
  expect(asked()).toEqual([
    {
      role: 'user',
      content: [
        { type: 'image_url', image_url: expect.objectContaining({ url }) },
        { type: 'text', text: 'What?' },
      ],
    },
  ]);
});

describe('what is refused with 4000', () => {
  test.each([
    ['no JSON', [{ role: 'user', content: 'words', content_type: 'object_string' }]],
    ['an object', [{ role: 'user', content: '{"type":"text","text":"a"}', content_type: 'object_string' }]],
    ['nothing', [parts()]],
    ['an empty text', [parts(text(''))]],
    ['two texts', [parts(text('a'), text('b'))]],
    ['a part of no kind', [parts(text('a'), { file_url: 'https://example.com/a.png' })]],
    [
      'a part of an unknown kind',
      [parts(text('a'), { type: 'video', file_url: 'https://example.com/a.mp4' })],
    ],
    ['an image that is nowhere', [parts(text('a'), { type: 'image' })]],
    ['an image with empty places', [parts(text('a'), { type: 'image', file_id: '', file_url: '' })]],
    ['an image of an unknown upload', [parts(text('a'), { type: 'image', file_id: '7369999999999999999' })]],
    ['an image at no web address', [parts(text('a'), { type: 'image', file_url: 'file:///etc/passwd' })]],
    [
      'a kind that the app does not take',
      [parts(text('a'), { type: 'audio', file_url: 'https://example.com/a.mp3' })],
    ],
    ['more images than the app takes', [parts(text('a'), image('a'), image('b'), image('c'))]],
    ['images alone', [parts(image())]],
    ['images with no text beside them', [parts(image()), parts(image()), user('Hi')]],
    ['images alone among images', [parts(image()), parts(image()), parts(image())]],
    ['a context that is wrong', [parts(text('a'), text('b')), user('Hi')]],
  ])('%s', async (_, additional_messages) => {
    const before = provider.requests.length;
    expect(await codeOf(say(...additional_messages))).toBe(4000);
    expect(provider.requests).toHaveLength(before);
  });

  test('files for an app that takes none', async () => {
    const response = await coze.request('POST', '/v3/chat', {
      bot_id: botId('blind'),
      user_id: 'u1',
      additional_messages: [parts(text('What?'), image())],
    });
    expect(await codeOf(response)).toBe(4000);
  });
});
