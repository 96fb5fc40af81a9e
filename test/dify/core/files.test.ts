import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../../support/mock-provider/start-mock-provider.ts';
import { chatApp } from '../../support/parley/apps.ts';
import { startParley, type TestParley } from '../../support/parley/start-parley.ts';
import { answered, sendChat } from '../../support/parley/turns.ts';
import { upload } from '../../support/parley/upload.ts';
import { responseProblems } from '../../support/spec/dify-spec.ts';

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const remote = { type: 'image', transfer_method: 'remote_url', url: 'https://img.example/a.png' };

let provider: MockProvider;
let parley: TestParley;

beforeAll(async () => {
  provider = await startMockProvider();
  const images = {
    enabled: true,
    number_limits: 2,
    transfer_methods: ['remote_url', 'local_file'],
    detail: 'low',
  };
  parley = await startParley({
    apps: {
      chat: chatApp({ file_upload: { image: images } }),
      blind: chatApp(),
      any: chatApp({
        file_upload: {
          enabled: true,
          allowed_file_types: ['image', 'document', 'custom'],
          allowed_file_extensions: ['.xyz'],
          allowed_file_upload_methods: ['remote_url', 'local_file'],
          number_limits: 5,
          image: { enabled: true, detail: 'high' },
        },
      }),
    },
    provider: provider.baseUrl,
  });
});
afterAll(async () => {
  await parley.close();
  await provider.close();
});

function lastMessages(): { role: string; content: unknown }[] {
  return provider.requests.at(-1)?.body?.messages as { role: string; content: unknown }[];
}

async function contentOf(files: readonly object[], app = 'chat'): Promise<unknown> {
  await answered(sendChat(parley, { query: 'What is it?', files }, app));
  return lastMessages().at(-1)?.content;
}

async function refusal(files: readonly object[], app = 'chat'): Promise<unknown> {
  const response = await sendChat(parley, { files, response_mode: 'streaming' }, app);
  expect(response.status).toBe(400);
  const body = (await response.json()) as { code: string; message: string };
  expect(responseProblems('post', '/chat-messages', 400, body)).toEqual([]);
  const { code, message } = body;
  expect(code).toBe('invalid_param');
  return message;
}

test('a remote image reaches the model as image_url, before the text', async () => {
  expect(await contentOf([remote])).toEqual([
    { type: 'image_url', image_url: { url: 'https://img.example/a.png', detail: 'low' } },
    { type: 'text', text: 'What is it?' },
  ]);
  // `remote_url` is another name of `url` (`facts/dify-wire.md` §6.1).
  expect(
    await contentOf([{ ...remote, url: undefined, remote_url: 'https://img.example/b.png' }]),
  ).toMatchObject([{ image_url: { url: 'https://img.example/b.png' } }, {}]);
});

test('images of earlier turns are sent again with their turn', async () => {
  const { conversation_id } = await answered(sendChat(parley, { query: 'See', files: [remote] }));
  await answered(sendChat(parley, { query: 'And now?', conversation_id }));
  expect(lastMessages()).toMatchObject([
    {
      role: 'user',
      content: [
        { type: 'image_url', image_url: { url: remote.url } },
        { type: 'text', text: 'See' },
      ],
    },
    { role: 'assistant' },
    { role: 'user', content: 'And now?' },
  ]);
});

test('an app without file upload ignores files', async () => {
  expect(await contentOf([remote, { type: 'nonsense', transfer_method: 'x' }], 'blind')).toBe('What is it?');
});

test.each([
  [
    { type: 'image', transfer_method: 'carrier_pigeon' },
    "'carrier_pigeon' is not a valid FileTransferMethod",
  ],
  [{ ...remote, type: 'foo' }, "'foo' is not a valid FileType"],
  [{ type: 'image', transfer_method: 'local_file' }, 'Invalid upload file id'],
  [{ type: 'image', transfer_method: 'local_file', upload_file_id: 'x' }, 'Invalid upload file id format'],
  [{ type: 'image', transfer_method: 'local_file', upload_file_id: randomUUID() }, 'Invalid upload file'],
  [
    { type: 'document', transfer_method: 'remote_url', url: 'https://x.example/a.pdf' },
    'File validation failed for file: a.pdf',
  ],
])('%j is refused before the stream', async (file, message) => {
  expect(await refusal([file])).toBe(message);
});

test('more images than the app takes are refused', async () => {
  expect(await refusal([remote, remote, remote])).toBe('Number of image files exceeds the maximum limit 2');
});

test('entries without a method or an address are dropped', async () => {
  expect(await contentOf([{ type: 'image' }, { type: 'image', transfer_method: 'remote_url' }])).toBe(
    'What is it?',
  );
});

test.each(['file:///etc/passwd', 'javascript:alert(1)', 'data:text/html,x', 'http://'])(
  'the address %s is refused',
  async (url) => {
    expect(await refusal([{ ...remote, url }])).toBe('Invalid file url');
  },
);

test('custom files go by their extension', async () => {
  const custom = { type: 'custom', transfer_method: 'remote_url', url: 'https://x.example/a.XYZ' };
  expect(await refusal([{ ...custom, url: 'https://x.example/a.exe' }], 'any')).toMatch(
    /^File validation failed/,
  );
  // It passes the app's rules; the provider takes documents by content alone.
  const accepted = await sendChat(parley, { files: [custom] }, 'any');
  expect(accepted.status).toBe(400);
  expect(await accepted.json()).toMatchObject({ message: expect.stringContaining('by content') });
});

describe('uploads', () => {
  async function uploaded(options?: Parameters<typeof upload>[2]): Promise<string> {
    const response = await upload(parley, { name: 'a.png', type: 'image/png', data: PNG }, options);
    expect(response.status).toBe(201);
    return ((await response.json()) as { id: string }).id;
  }

  test('an uploaded image reaches the model as a data URL', async () => {
    const file = { type: 'image', transfer_method: 'local_file', upload_file_id: await uploaded() };
    expect(await contentOf([file])).toEqual([
      {
        type: 'image_url',
        image_url: { url: `data:image/png;base64,${PNG.toString('base64')}`, detail: 'low' },
      },
      { type: 'text', text: 'What is it?' },
    ]);
  });

  test('a custom file reaches the model by its content', async () => {
    const file = { name: 'a.XYZ', type: 'application/x-xyz', data: 'strange' };
    const response = await upload(parley, file, { app: 'any' });
    const { id } = (await response.json()) as { id: string };
    const content = await contentOf(
      [{ type: 'custom', transfer_method: 'local_file', upload_file_id: id }],
      'any',
    );
    const data = Buffer.from('strange').toString('base64');
    expect(content).toEqual([
      { type: 'file', file: { filename: 'a.XYZ', file_data: `data:application/x-xyz;base64,${data}` } },
      { type: 'text', text: 'What is it?' },
    ]);
  });

  test.each([
    ['another user', { user: 'bob' }],
    ['another app', { app: 'any' }],
  ])('an upload of %s is as good as unknown', async (_, options) => {
    const file = { type: 'image', transfer_method: 'local_file', upload_file_id: await uploaded(options) };
    expect(await refusal([file])).toBe('Invalid upload file');
  });
});
