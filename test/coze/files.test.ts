import { readdir, readFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Store } from '../../src/store/open-store.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { chatApp } from '../support/parley/apps.ts';
import { startCoze, type TestCoze, TOKEN } from '../support/parley/coze.ts';
import { openTestStore } from '../support/parley/open-test-store.ts';
import { botId, type Envelope, wholeChat } from './chats.ts';
import { withFileOnDisk } from './file-on-disk.ts';
import { lacking } from './required.ts';

const MB = 1024 ** 2;
const OTHER = 'pat_test-token-of-somebody-else';
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const images = {
  enabled: true,
  number_limits: 2,
  transfer_methods: ['remote_url', 'local_file'],
  detail: 'low',
};

interface WireFile {
  readonly id: string;
  readonly bytes: number;
  readonly created_at: number;
  readonly file_name: string;
}

let provider: MockProvider;
let coze: TestCoze;
let store: Store;

beforeAll(async () => {
  provider = await startMockProvider();
  coze = await startCoze({
    apps: { eyes: chatApp({ file_upload: { image: images } }), blind: chatApp() },
    provider: provider.baseUrl,
    config: {
      keys: [
        { key: OTHER },
        { key: 'pat_test-token-that-only-reads', scopes: ['retrieveFile'] },
        { key: 'pat_test-token-that-only-writes', scopes: ['uploadFile'] },
      ],
    },
  });
  store = await openTestStore(coze.parley);
});
afterAll(async () => {
  await store.destroy();
  await coze.close();
  await provider.close();
});
beforeEach(() => provider.reply());

const storedIds = async () => {
  const folders = await readdir(join(coze.parley.dataDir, 'files'), { recursive: true });
  return folders.filter((name) => /[0-9a-f-]{36}/.test(name));
};
const rows = async () => (await store.selectFrom('files').select('id').execute()).map(({ id }) => id).sort();

const uploadByClient = (name: string, data: Uint8Array | string) =>
  withFileOnDisk(name, data, (file) => coze.client.files.upload({ file }));
/** A form of one file, as browsers and Node send it. */
const upload = (data: Uint8Array<ArrayBuffer> | string, name = 'a.txt', field = 'file', token = TOKEN) => {
  const form = new FormData();
  form.append(field, new Blob([data]), name);
  return fetch(`${coze.url}/v1/files/upload`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: form,
  });
};
/** A form as its bytes. */
const raw = (parts: readonly string[], type = 'multipart/form-data; boundary=B') =>
  fetch(`${coze.url}/v1/files/upload`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': type },
    body: parts.length === 0 ? '' : `${parts.map((part) => `--B\r\n${part}\r\n`).join('')}--B--\r\n`,
  });
const part = (filename: string, field = 'file', said = 'hello') =>
  `Content-Disposition: form-data; name="${field}"; filename="${filename}"\r\nContent-Type: text/plain\r\n\r\n${said}`;
const answer = async (response: Response | Promise<Response>) => {
  const got = await response;
  const { code, msg, data } = (await got.json()) as Envelope<WireFile>;
  return { status: got.status, code, msg, data };
};
const retrieve = (id: string, token = TOKEN) =>
  coze.request('GET', `/v1/files/retrieve?file_id=${id}`, undefined, { token });

describe('POST /v1/files/upload', () => {
  test('the official client uploads a file under any name, and reads it again', async () => {
    const name = '测试 – ünï “q”.txt';
    const file = await uploadByClient(name, 'hello 世界');
    expect(file).toEqual({
      id: expect.stringMatching(/^\d{19}$/),
      bytes: 12,
      created_at: expect.any(Number),
      file_name: name,
    });
    expect(String(file.created_at)).toMatch(/^\d{10}$/);
    expect(lacking({ id: 'string' }, file)).toEqual([]);
    expect(await coze.client.files.retrieve(file.id)).toEqual(file);
    const row = await store
      .selectFrom('files')
      .selectAll()
      .where('name', '=', name)
      .executeTakeFirstOrThrow();
    expect(row).toMatchObject({ app_id: '', extension: 'txt', size: 12 });
    const kept = await readFile(join(coze.parley.dataDir, 'files', row.id.slice(-2), row.id), 'utf8');
    expect(kept).toBe('hello 世界');
  });

  test('the envelope stands around it', async () => {
    const response = await upload('hello');
    expect(response.status).toBe(200);
    expect(response.headers.get('x-tt-logid')).toBeTruthy();
    expect(await response.json()).toEqual({
      code: 0,
      msg: '',
      data: { id: expect.any(String), bytes: 5, created_at: expect.any(Number), file_name: 'a.txt' },
      detail: { logid: response.headers.get('x-tt-logid') },
    });
  });

  test('names as Python (raw UTF-8) and Go (a path) send them', async () => {
    expect((await answer(raw([part('测试.txt')]))).data.file_name).toBe('测试.txt');
    expect((await answer(raw([part('/home/me/图.png')]))).data.file_name).toBe('图.png');
    expect((await answer(raw([part('C:\\\\me\\\\a.png')]))).data.file_name).toBe('a.png');
  });

  test('text fields beside the file are skipped', async () => {
    const field = 'Content-Disposition: form-data; name="purpose"\r\n\r\nchat';
    expect((await answer(raw([field, part('a.txt'), field]))).code).toBe(0);
  });

  test.each([
    ['no file part', () => raw(['Content-Disposition: form-data; name="file"\r\n\r\nx']), 4300],
    ['a file under another name', () => upload('x', 'a.txt', 'upload'), 4300],
    ['an empty file', () => upload(''), 4300],
    ['an empty form', () => raw([]), 4300],
    ['JSON', () => coze.request('POST', '/v1/files/upload', { file: 'x' }), 4300],
    ['nothing', () => coze.request('POST', '/v1/files/upload'), 4300],
    ['two files', () => raw([part('a'), part('b')]), 4301],
    ['a second file of another name', () => raw([part('a'), part('b', 'other')]), 4301],
    ['three files', () => raw([part('a'), part('b'), part('c')]), 4301],
    ['a file without a name', () => raw([part('')]), 4304],
    ['a path without a file', () => raw([part('/tmp/')]), 4304],
    [
      'a form that ends early',
      () => raw(['Content-Disposition: form-data; name="x'], 'multipart/form-data'),
      4000,
    ],
  ])('refuses %s, and keeps nothing', async (_, send, code) => {
    const before = [await storedIds(), await rows()];
    const got = await answer(send());
    expect(got).toMatchObject({ code, msg: expect.stringMatching(/./) });
    expect(got.status).toBeLessThan(500);
    expect([await storedIds(), await rows()]).toEqual(before);
  });

  test.each([
    ['a picture', 'a.png', 10],
    ['a document', 'a.pdf', 15],
    ['a sound', 'a.mp3', 50],
  ])('%s may be as large as on the other surface, and no larger', async (_, name, limit) => {
    const before = await storedIds();
    const got = await answer(upload(Buffer.alloc(limit * MB + 1), name));
    expect(got).toMatchObject({ status: 413, code: 4302, msg: `The file is larger than ${limit} MB.` });
    expect(await storedIds()).toEqual(before);
    expect((await answer(upload(Buffer.alloc(limit * MB), name))).data.bytes).toBe(limit * MB);
  });

  test('nothing is left of an upload that breaks off', async () => {
    const before = [await storedIds(), await rows()];
    await new Promise<void>((resolve) => {
      const request = httpRequest(`${coze.url}/v1/files/upload`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${TOKEN}`,
          'content-type': 'multipart/form-data; boundary=B',
          'content-length': '1000000',
        },
      });
      request.on('error', () => resolve());
      request.write(`--B\r\n${part('half.txt', 'file', 'x'.repeat(100_000))}`);
      setTimeout(() => request.destroy(new Error('gone')), 100);
    });
    await vi.waitFor(async () => expect([await storedIds(), await rows()]).toEqual(before));
  });

  test('needs the permission, and a token', async () => {
    expect((await answer(upload('x', 'a', 'file', 'pat_test-token-that-only-reads'))).code).toBe(4101);
    expect(await answer(upload('x', 'a', 'file', 'pat_nonsense'))).toMatchObject({
      status: 401,
      code: 700012006,
    });
    expect((await answer(upload('x', 'a', 'file', 'pat_test-token-that-only-writes'))).code).toBe(0);
  });
});

describe('GET /v1/files/retrieve', () => {
  test('an id that is none, or of another token’s file, is 4200', async () => {
    const { data } = await answer(upload('mine'));
    expect((await answer(retrieve(data.id))).data).toEqual(data);
    expect((await answer(retrieve(data.id, 'pat_test-token-that-only-reads'))).code).toBe(4200);
    expect((await answer(retrieve(data.id, 'pat_test-token-that-only-writes'))).code).toBe(4101);
    for (const id of [(BigInt(data.id) + 1n).toString(), 'x', '-1', '99999999999999999999', '0'])
      expect((await answer(retrieve(id))).code, id).toBe(4200);
    expect((await answer(retrieve(''))).code).toBe(4000);
    expect((await answer(coze.request('GET', '/v1/files/retrieve'))).code).toBe(4000);
    await expect(coze.clientOf(OTHER).files.retrieve(data.id)).rejects.toMatchObject({
      code: 4200,
      status: 404,
    });
  });

  test('the id is the same after a restart', async () => {
    const { data } = await answer(upload('mine'));
    await coze.parley.restart();
    expect((await answer(retrieve(data.id))).data).toEqual(data);
  });
});

describe('a chat about an upload', () => {
  const objectString = (...parts: object[]) => [
    { role: 'user', content_type: 'object_string', content: JSON.stringify(parts) },
  ];
  const what = { type: 'text', text: 'What is it?' };
  const ask = (file: object, app = 'eyes', token = TOKEN) =>
    coze.request(
      'POST',
      '/v3/chat',
      { bot_id: botId(app), user_id: 'u1', additional_messages: objectString(what, file) },
      { token },
    );

  test('the model sees the picture', async () => {
    const { id } = await uploadByClient('图.png', PNG);
    const messages = objectString(what, { type: 'image', file_id: id });
    const chat = await wholeChat(coze, '', { app: 'eyes', additional_messages: messages });
    expect(chat.status).toBe('completed');
    expect(provider.requests.at(-1)?.body?.messages?.at(-1)?.content).toEqual([
      {
        type: 'image_url',
        image_url: { url: `data:image/png;base64,${PNG.toString('base64')}`, detail: 'low' },
      },
      what,
    ]);
  });

  test('of another token, or unknown, or for a bot without eyes: refused, and no model is asked', async () => {
    const { id } = await uploadByClient('a.png', PNG);
    const before = provider.requests.length;
    expect(await answer(ask({ type: 'image', file_id: id }, 'eyes', OTHER))).toMatchObject({
      code: 4000,
      msg: `Request parameter error: file_id ${id} does not exist.`,
    });
    expect((await answer(ask({ type: 'image', file_id: '123' }))).code).toBe(4000);
    expect((await answer(ask({ type: 'image', file_id: id }, 'blind'))).code).toBe(4000);
    expect(provider.requests).toHaveLength(before);
  });
});
