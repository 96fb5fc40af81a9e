import { readdir, readFile, rm } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import Fastify from 'fastify';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { diskStorage } from '../../../src/store/file-storage.ts';
import type { Store } from '../../../src/store/open-store.ts';
import { signedFiles } from '../../../src/surfaces/dify/signed-files.ts';
import { type UrlSigner, urlSigner } from '../../../src/surfaces/dify/url-signer.ts';
import { type MockProvider, startMockProvider } from '../../support/mock-provider/start-mock-provider.ts';
import { chatApp, completionApp } from '../../support/parley/apps.ts';
import { openTestStore } from '../../support/parley/open-test-store.ts';
import { startParley, type TestParley } from '../../support/parley/start-parley.ts';
import { answered, sendChat } from '../../support/parley/turns.ts';
import { upload } from '../../support/parley/upload.ts';
import { failure, readAnswer } from './read-answer.ts';

const MB = 1024 ** 2;
const anyFile = {
  file_upload: {
    enabled: true,
    allowed_file_types: [],
    allowed_file_upload_methods: ['local_file', 'remote_url'],
    number_limits: 5,
  },
};

let provider: MockProvider;
let parley: TestParley;
let store: Store;

beforeAll(async () => {
  provider = await startMockProvider();
  parley = await startParley({
    apps: { chat: chatApp(anyFile), other: chatApp(anyFile), completion: completionApp() },
    provider: provider.baseUrl,
  });
  store = await openTestStore(parley);
});
afterAll(async () => {
  await store.destroy();
  await parley.close();
  await provider.close();
});

const uploaded = async (file: Parameters<typeof upload>[1], options?: Parameters<typeof upload>[2]) => {
  const { status, body } = await readAnswer(upload(parley, file, options));
  expect(status).toBe(201);
  return body as Record<string, unknown> & { id: string; source_url: string };
};
const text = (name = 'a.txt', data = 'hello') => ({ name, type: 'text/plain', data });
const send = (id: string, type: string, options: { user?: string; app?: string } = {}) =>
  sendChat(
    parley,
    { files: [{ type, transfer_method: 'local_file', upload_file_id: id }], user: options.user ?? 'u1' },
    options.app,
  );
const preview = (id: string, query = '', app = 'chat') =>
  parley.request(app, 'GET', `/files/${id}/preview${query}`);
const storedIds = async () => {
  const folders = await readdir(join(parley.dataDir, 'files'), { recursive: true });
  return folders.filter((name) => /[0-9a-f-]{36}/.test(name));
};
/** A form as its bytes, for what `FormData` does not let a client say. */
const raw = (...parts: string[]) => {
  const body = `${parts.map((part) => `--B\r\n${part}\r\n`).join('')}--B--\r\n`;
  return fetch(`${parley.url}/v1/files/upload`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${parley.key('chat')}`,
      'content-type': 'multipart/form-data; boundary=B',
    },
    body,
  });
};
const part = (filename: string, field = 'file', type: string | null = 'text/plain') =>
  `Content-Disposition: form-data; name="${field}"; filename="${filename}"\r\n` +
  `${type === null ? '' : `Content-Type: ${type}\r\n`}\r\nhello`;
const userPart = 'Content-Disposition: form-data; name="user"\r\n\r\nraw-user';

describe('POST /files/upload', () => {
  test('answers 201 with every key', async () => {
    const body = await uploaded({ name: 'Cat.PNG', type: 'image/png', data: 'png' });
    expect(body).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      reference: null,
      name: 'Cat.PNG',
      size: 3,
      extension: 'png',
      mime_type: 'image/png',
      created_by: expect.stringMatching(/^[0-9a-f-]{36}$/),
      created_at: expect.any(Number),
      preview_url: null,
      source_url: expect.stringContaining(`${parley.url}/files/${body.id}/file-preview?timestamp=`),
      original_url: null,
      user_id: null,
      tenant_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      conversation_id: null,
      file_key: null,
    });
    const endUser = await readAnswer(parley.request('chat', 'GET', `/end-users/${body.created_by}`));
    expect(endUser.body.session_id).toBe('u1');
  });

  test('takes 12 MB with `user` behind the file, and a video beyond the limit of JSON bodies', async () => {
    const data = Buffer.alloc(12 * MB, 7);
    const body = await uploaded(
      { name: 'big.bin', type: 'application/octet-stream', data },
      { user: 'late-user' },
    );
    expect(body.size).toBe(data.length);
    const row = await store
      .selectFrom('files')
      .selectAll()
      .where('id', '=', body.id)
      .executeTakeFirstOrThrow();
    const user = await store
      .selectFrom('end_users')
      .selectAll()
      .where('id', '=', row.end_user_id)
      .executeTakeFirstOrThrow();
    expect(user.session_id).toBe('late-user');
    const kept = await readFile(join(parley.dataDir, 'files', body.id.slice(-2), body.id));
    expect(kept.equals(data)).toBe(true);
    const video = Buffer.alloc(20 * MB);
    expect((await uploaded({ name: 'v.mp4', type: 'video/mp4', data: video })).size).toBe(video.length);
  });

  test('without `user`, the end user is DEFAULT-USER', async () => {
    const { body } = await readAnswer(raw(part('a.txt')));
    const endUser = await readAnswer(parley.request('chat', 'GET', `/end-users/${body.created_by}`));
    expect(endUser.body).toMatchObject({ session_id: 'DEFAULT-USER', is_anonymous: true });
  });

  test.each([
    ['an 11 MB picture', 'a.png', 11],
    ['a 16 MB document', 'a.pdf', 16],
    ['a 51 MB sound', 'a.mp3', 51],
  ])('refuses %s, keeps nothing of it, and goes on serving the connection', async (_, name, size) => {
    const before = await storedIds();
    const file = { name, type: 'application/octet-stream', data: Buffer.alloc(size * MB) };
    expect(await readAnswer(upload(parley, file))).toEqual(failure(413, 'file_too_large', ''));
    expect(await storedIds()).toEqual(before);
    expect((await upload(parley, text())).status).toBe(201);
  });

  test('a file of exactly the limit is taken, one byte more is not', async () => {
    const png = (size: number) => ({ name: 'a.png', type: 'image/png', data: Buffer.alloc(size) });
    expect((await upload(parley, png(10 * MB))).status).toBe(201);
    expect((await upload(parley, png(10 * MB + 1))).status).toBe(413);
  });

  test('any extension is taken, and none', async () => {
    expect(await uploaded(text('a.xyz'))).toMatchObject({ extension: 'xyz', name: 'a.xyz' });
    expect(await uploaded(text('Makefile'))).toMatchObject({ extension: '', name: 'Makefile' });
  });

  test('names may be in any script', async () => {
    const name = '日本語 – ünï “q”.tar.GZ';
    expect(await uploaded(text(name))).toMatchObject({ name, extension: 'gz' });
    const encoded = `Content-Disposition: form-data; name="file"; filename*=UTF-8''%E4%B8%AD.txt\r\nContent-Type: text/plain\r\n\r\nx`;
    expect((await readAnswer(raw(encoded))).body).toMatchObject({ name: '中.txt' });
  });

  test('a name over 200 characters keeps its extension', async () => {
    const { name } = await uploaded(text(`${'x'.repeat(230)}.old.TXT`));
    expect(name).toBe(`${'x'.repeat(200)}.txt`);
  });

  test('a type that the client does not say follows from the name', async () => {
    expect((await readAnswer(raw(part('a.png', 'file', null)))).body).toMatchObject({
      mime_type: 'image/png',
    });
    expect((await readAnswer(raw(part('a.txt', 'file', null)))).body).toMatchObject({
      mime_type: 'text/plain',
    });
    expect((await readAnswer(raw(part('a.txt', 'file', 'no type ä')))).body).toMatchObject({
      mime_type: 'application/octet-stream',
    });
  });

  const invalid = 'Filename contains invalid characters';
  test.each([
    ['no file part', [userPart], 400, 'no_file_uploaded', 'Please upload your file.'],
    [
      'a file under another name',
      [part('a.txt', 'upload')],
      400,
      'no_file_uploaded',
      'Please upload your file.',
    ],
    ['two files', [part('a.txt'), part('b.txt')], 400, 'too_many_files', 'Only one file is allowed.'],
    [
      'a second file of another name',
      [part('a.txt'), part('b.txt', 'x')],
      400,
      'too_many_files',
      'Only one file is allowed.',
    ],
    ['three files', [part('a'), part('b'), part('c')], 400, 'too_many_files', 'Only one file is allowed.'],
    ['an empty name', [part('')], 400, 'filename_not_exists_error', 'The specified filename does not exist.'],
    ['a slash in the name', [part('../a.txt')], 400, 'invalid_param', invalid],
    ['a backslash in the name', [part('a\\\\b.txt'), userPart], 400, 'invalid_param', invalid],
    [
      'two files, the first without a name',
      [part(''), part('b')],
      400,
      'too_many_files',
      'Only one file is allowed.',
    ],
  ])('%s', async (_, parts, status, code, message) => {
    const before = await storedIds();
    expect(await readAnswer(raw(...parts))).toEqual(failure(status, code, message));
    expect(await storedIds()).toEqual(before);
  });

  test('a request that is no form has no file', async () => {
    for (const body of [undefined, {}]) {
      expect(await readAnswer(parley.request('chat', 'POST', '/files/upload', body))).toEqual(
        failure(400, 'no_file_uploaded', 'Please upload your file.'),
      );
    }
  });

  test.each([
    ['no boundary', 'multipart/form-data', `--B\r\n${part('a.txt')}\r\n--B--\r\n`],
    ['an end inside the file', 'multipart/form-data; boundary=B', `--B\r\n${part('a.txt')}`],
    ['an end inside the head', 'multipart/form-data; boundary=B', '--B\r\nContent-Disposition: form-'],
    ['another boundary', 'multipart/form-data; boundary=C', `--B\r\n${part('a.txt')}\r\n--B--\r\n`],
    [
      'a field of the prototype',
      'multipart/form-data; boundary=B',
      `--B\r\n${part('a', '__proto__')}\r\n--B--\r\n`,
    ],
  ])('a malformed form is refused: %s', async (_, type, body) => {
    const before = await storedIds();
    const headers = { authorization: `Bearer ${parley.key('chat')}`, 'content-type': type };
    const answer = await readAnswer(
      fetch(`${parley.url}/v1/files/upload`, { method: 'POST', headers, body }),
    );
    expect(answer).toEqual(
      failure(400, 'bad_request', expect.stringMatching(/^The browser \(or proxy\) sent/)),
    );
    expect(await storedIds()).toEqual(before);
  });

  test('a form that breaks off leaves nothing behind', async () => {
    const before = await storedIds();
    const request = httpRequest(`${parley.url}/v1/files/upload`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${parley.key('chat')}`,
        'content-type': 'multipart/form-data; boundary=B',
        'content-length': 10 * MB,
      },
    });
    request.on('error', () => {});
    request.write(`--B\r\n${part('a.bin')}`);
    request.write(Buffer.alloc(MB));
    await vi.waitFor(async () => expect(await storedIds()).toHaveLength(before.length + 1));
    request.destroy();
    await vi.waitFor(async () => expect(await storedIds()).toEqual(before));
    expect(await store.selectFrom('files').select('id').where('name', '=', 'a.bin').execute()).toEqual([]);
  });
});

describe('files in messages', () => {
  test('a file of another end user or another app is unknown', async () => {
    const { id } = await uploaded(text());
    for (const options of [{ user: 'u2' }, { app: 'other' }]) {
      expect(await readAnswer(send(id, 'document', options))).toEqual(
        failure(400, 'invalid_param', 'Invalid upload file'),
      );
    }
    expect((await send(id, 'document')).status).toBe(200);
  });
});

describe('GET /files/:file_id/preview', () => {
  test('a file that was never sent, and one that is not there, are not found', async () => {
    const { id } = await uploaded(text());
    for (const unknown of [
      id,
      '00000000-0000-4000-8000-000000000000',
      '12345678-1234-1234-1234-123456789012',
    ]) {
      expect(await readAnswer(preview(unknown))).toEqual(
        failure(404, 'file_not_found', 'File not found in message context'),
      );
    }
    expect((await preview('not-a-uuid')).status).toBe(404);
  });

  test('a sent file comes with its type, whoever asks in this app; in another app it is unknown', async () => {
    const { id } = await uploaded({ name: 'notes.pdf', type: 'application/pdf', data: '%PDF-1' });
    await answered(send(id, 'document'));
    const response = await preview(id.toUpperCase(), '?user=somebody');
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('%PDF-1');
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/pdf',
      'content-length': '6',
      'cache-control': 'public, max-age=3600',
      'x-content-type-options': 'nosniff',
    });
    expect(response.headers.get('content-disposition')).toBeNull();
    expect(response.headers.get('accept-ranges')).toBeNull();
    expect((await preview(id, '', 'other')).status).toBe(404);
  });

  test('as an attachment', async () => {
    const { id } = await uploaded({ name: "naïve (1)'.txt", type: 'text/plain', data: 'x' });
    await answered(send(id, 'document'));
    const response = await preview(id, '?as_attachment=true');
    expect(response.headers.get('content-type')).toBe('application/octet-stream');
    expect(response.headers.get('content-disposition')).toBe(
      "attachment; filename*=UTF-8''na%C3%AFve%20%281%29%27.txt",
    );
    const message = 'Input should be a valid boolean, unable to interpret input [type=bool_parsing';
    expect(await readAnswer(preview(id, '?as_attachment=perhaps'))).toEqual(
      failure(400, 'invalid_param', expect.stringContaining(message)),
    );
  });

  test.each([
    ['page.html', 'text/html'],
    ['page.htm', 'text/plain'],
    ['x.svg', 'image/svg+xml'],
    ['x.png', 'image/svg+xml'],
    ['x.xml', 'application/xml'],
    ['x.xhtml', 'application/xhtml+xml'],
  ])('%s as %s is never shown as a page', async (name, type) => {
    const { id } = await uploaded({ name, type, data: '<script>1</script>' });
    await answered(send(id, 'document'));
    const { headers } = await preview(id);
    expect(headers.get('content-type')).toBe('application/octet-stream');
    expect(headers.get('content-disposition')).toMatch(/^attachment;/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });

  test('sound and video come in ranges', async () => {
    const { id } = await uploaded({ name: 'a.mp3', type: 'audio/mpeg', data: '0123456789' });
    await answered(send(id, 'audio'));
    const ranged = (range: string) =>
      fetch(`${parley.url}/v1/files/${id}/preview`, {
        headers: { authorization: `Bearer ${parley.key('chat')}`, range },
      });
    expect((await preview(id)).headers.get('accept-ranges')).toBe('bytes');
    for (const [range, bytes, content] of [
      ['bytes=2-4', '234', 'bytes 2-4/10'],
      ['bytes=7-', '789', 'bytes 7-9/10'],
      ['bytes=-2', '89', 'bytes 8-9/10'],
      ['bytes=8-99', '89', 'bytes 8-9/10'],
    ] as const) {
      const response = await ranged(range);
      expect([response.status, response.headers.get('content-range'), await response.text()]).toEqual([
        206,
        content,
        bytes,
      ]);
    }
    const outside = await ranged('bytes=10-');
    expect([outside.status, outside.headers.get('content-range')]).toEqual([416, 'bytes */10']);
    expect((await ranged('bytes=4-2')).status).toBe(200);
    expect((await ranged('bytes=0-1,3-4')).status).toBe(200);
  });

  test('bytes that are gone are not found', async () => {
    const { id } = await uploaded(text());
    await answered(send(id, 'document'));
    await rm(join(parley.dataDir, 'files', id.slice(-2), id));
    const answer = await readAnswer(preview(id));
    const message = expect.stringMatching(/^Failed to load file content: /);
    expect(answer).toEqual(failure(404, 'file_not_found', message));
    expect(answer.body.message).not.toContain(parley.dataDir);
  });
});

describe('signed addresses', () => {
  const secret = async () =>
    Buffer.from((await readFile(join(parley.dataDir, 'secret'), 'utf8')).trim(), 'hex');
  /** The signed routes alone, with a signer of the test's own. */
  const serve = async (signer: UrlSigner) => {
    const server = Fastify();
    await server.register(signedFiles({ store, files: diskStorage(join(parley.dataDir, 'files')), signer }));
    return (url: string) => server.inject({ url });
  };

  test('the address of an upload opens it without a key, until it is too old', async () => {
    const { source_url } = await uploaded({ name: 'a.png', type: 'image/png', data: 'png' });
    const { pathname, search } = new URL(source_url);
    const get = await serve(urlSigner(await secret(), 300));
    const response = await get(pathname + search);
    expect([response.statusCode, response.body]).toEqual([200, 'png']);
    expect(response.headers).toMatchObject({
      'content-type': 'image/png',
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'cross-origin',
    });
    expect(response.headers['content-disposition']).toBeUndefined();
    expect((await get(pathname.replace('file-preview', 'image-preview') + search)).statusCode).toBe(200);
    expect((await get(`${pathname + search}&as_attachment=true`)).headers['content-disposition']).toBe(
      "attachment; filename*=UTF-8''a.png",
    );
    const impatient = await serve(urlSigner(await secret(), -1));
    expect((await impatient(pathname + search)).statusCode).toBe(404);
  });

  test('what is not a picture is saved, never shown', async () => {
    const get = await serve(urlSigner(await secret(), 300));
    for (const [name, type] of [
      ['a.html', 'text/html'],
      ['a.svg', 'image/svg+xml'],
      ['a.pdf', 'application/pdf'],
      ['a.html', 'image/png'],
    ] as const) {
      const { source_url } = await uploaded({ name, type, data: 'x' });
      const { headers } = await get(source_url.slice(parley.url.length));
      expect(headers['content-disposition'], `${name} ${type}`).toMatch(/^attachment;/);
    }
  });

  test('a changed address is not found', async () => {
    const [one, two] = [await uploaded(text()), await uploaded(text())];
    const get = await serve(urlSigner(await secret(), 300));
    const url = new URL(one.source_url);
    expect((await get(url.pathname + url.search)).statusCode).toBe(200);
    const changed = (name: string, value: string | null) => {
      const copy = new URL(url);
      if (value === null) copy.searchParams.delete(name);
      else copy.searchParams.set(name, value);
      return copy.pathname + copy.search;
    };
    const later = String(Number(url.searchParams.get('timestamp')) - 1);
    for (const address of [
      changed('timestamp', later),
      changed('timestamp', 'x'),
      changed('nonce', '0'.repeat(32)),
      changed('sign', 'AAAA'),
      changed('sign', ''),
      changed('sign', null),
      `${changed('sign', 'a')}&sign=b`,
      url.pathname.replace(one.id, two.id) + url.search,
      url.pathname.replace(one.id, 'x') + url.search,
    ]) {
      const response = await get(address);
      expect([response.statusCode, response.json().code], address).toEqual([404, 'not_found']);
    }
    const other = await serve(urlSigner(Buffer.alloc(32, 1), 300));
    expect((await other(url.pathname + url.search)).statusCode).toBe(404);
  });
});
