import { Readable } from 'node:stream';
import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import { createOutbound } from './create-outbound.ts';
import type { Outbound } from './outbound.ts';
import { ask, asking, startCallee, startRawCallee } from './start-callee.fixture.ts';

let outbound: Outbound = createOutbound();

afterEach(async () => {
  await outbound.close();
  outbound = createOutbound();
});

/** A callee that sends `body` under `content-encoding: encoding`, and says nothing of its length. */
function sending(body: Buffer, encoding: string | string[]) {
  return startCallee((_, response) => {
    response.setHeader('content-encoding', encoding);
    response.write(body.subarray(0, 1));
    response.end(body.subarray(1));
  });
}

const text = 'content '.repeat(1000);

test.each([
  ['gzip', gzipSync(text)],
  ['x-gzip', gzipSync(text)],
  ['GZip', gzipSync(text)],
  ['deflate', deflateSync(text)],
  ['deflate', deflateRawSync(text)],
  ['br', brotliCompressSync(text)],
  ['identity', Buffer.from(text)],
  ['gzip, br', brotliCompressSync(gzipSync(text))],
  ['deflate, identity, gzip', gzipSync(deflateSync(text))],
  [['br', 'deflate'], deflateSync(brotliCompressSync(text))],
])('%s is decoded', async (encoding, body) => {
  const { url } = await sending(body, encoding);
  expect(await ask(outbound, url)).toBe(text);
});

test('an encoding that is not known leaves the body as it was sent', async () => {
  const body = gzipSync(text);
  const { url } = await sending(body, 'gzip, rot13');
  expect((await outbound.request(url, asking())).body).toEqual(body);
});

test('too many encodings', async () => {
  const { url, nextCall } = await sending(Buffer.from('xx'), 'gzip, gzip, gzip, gzip');
  await expect(outbound.request(url, asking())).rejects.toMatchObject({
    kind: 'failed',
    message: expect.stringContaining('too many encodings'),
  });
  await (await nextCall()).gone;
});

test.each([
  ['gzip', Buffer.from('no gzip at all')],
  ['gzip', Buffer.concat([gzipSync('x').subarray(0, 10), Buffer.alloc(50, 0xff)])],
  ['deflate', Buffer.from([0x78, 0x9c, 0xff, 0xff, 0xff, 0xff])],
  ['deflate', Buffer.alloc(50, 0xff)],
  ['br', Buffer.alloc(50, 0xff)],
])('what is not %s', async (encoding, body) => {
  const { url } = await sending(body, encoding);
  await expect(outbound.request(url, asking())).rejects.toMatchObject({
    kind: 'failed',
    message: expect.stringContaining('does not fit its content-encoding'),
  });
});

test.each(['gzip', 'deflate', 'br'])('an empty body under %s is empty', async (encoding) => {
  const { url } = await startCallee((call, response) => {
    response.writeHead(call.path === '/204' ? 204 : 200, { 'content-encoding': encoding }).end();
  });
  expect(await ask(outbound, url)).toBe('');
  expect(await ask(outbound, `${url}/204`)).toBe('');
  expect(await ask(outbound, url, { method: 'HEAD' })).toBe('');
});

const bomb = 64 * 1024 * 1024;
const tooLarge = {
  kind: 'too_large',
  message: expect.stringContaining('more than the 100000 bytes that are allowed'),
};

/** A small body that becomes `bomb` zeros. */
const bombs: Readonly<Record<string, () => Buffer>> = {
  gzip: () => gzipSync(Buffer.alloc(bomb)),
  deflate: () => deflateSync(Buffer.alloc(bomb)),
  'deflate, raw': () => deflateRawSync(Buffer.alloc(bomb)),
  br: () => brotliCompressSync(Buffer.alloc(bomb), { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }),
  'gzip, gzip': () => gzipSync(gzipSync(Buffer.alloc(bomb))),
};

test.each(Object.keys(bombs))('a bomb of %s is stopped at the limit', async (name) => {
  const body = bombs[name]?.() ?? Buffer.alloc(0);
  expect(body.length).toBeLessThan(100_000);
  const { url } = await sending(body, name.replace(', raw', ''));
  await expect(outbound.request(url, asking({ maxBytes: 100_000 }))).rejects.toMatchObject(tooLarge);
});

test('a bomb that is read piece by piece makes no more than is read, and at most the limit', async () => {
  const { url } = await sending(gzipSync(Buffer.alloc(bomb)), 'gzip');
  const { body } = await outbound.open(url, asking({ maxBytes: 1_000_000 }));
  await new Promise((resolve) => body.once('readable', resolve));
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
  expect(body.readableLength).toBeLessThan(100_000);
  let read = 0;
  const reading = async () => {
    for await (const chunk of body) read += chunk.length;
  };
  await expect(reading()).rejects.toMatchObject({ kind: 'too_large' });
  expect(read).toBeLessThanOrEqual(1_000_000);
});

test('endless input that decodes to nothing', async () => {
  const { url, nextCall } = await startCallee((_, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' });
    // empty members, one after the other
    const nothing = Buffer.concat(new Array(500).fill(gzipSync('')));
    const write = () => {
      while (response.write(nothing));
    };
    response.on('drain', write);
    write();
  });
  await expect(outbound.request(url, asking({ maxBytes: 100_000 }))).rejects.toMatchObject(tooLarge);
  await (await nextCall()).gone;
});

test.each(['identity', 'gzip'])('a body that is announced too large (%s) is not read', async (encoding) => {
  const { url, nextCall } = await startCallee((_, response) => {
    response.writeHead(200, { 'content-length': 100_001, 'content-encoding': encoding }).flushHeaders();
  });
  await expect(outbound.request(url, asking({ maxBytes: 100_000 }))).rejects.toMatchObject(tooLarge);
  await (await nextCall()).gone;
});

test('exactly the limit is not too large; a HEAD announces only', async () => {
  const { url } = await startCallee((call, response) => {
    if (call.method === 'HEAD') response.writeHead(200, { 'content-length': 100_001 });
    response.end(Buffer.alloc(100_000));
  });
  const options = asking({ maxBytes: 100_000 });
  expect((await outbound.request(url, options)).body.length).toBe(100_000);
  expect((await outbound.request(url, { ...options, method: 'HEAD' })).headers['content-length']).toEqual([
    '100001',
  ]);
  await expect(outbound.request(url, { ...options, maxBytes: 99_999 })).rejects.toMatchObject({
    kind: 'too_large',
  });
});

test.each([
  'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfive!',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfive!\r\n',
])('an answer that breaks off', async (answer) => {
  const { url } = await startRawCallee((socket) => socket.once('data', () => socket.end(answer)));
  await expect(outbound.request(url, asking())).rejects.toMatchObject({
    kind: 'failed',
    message: expect.stringContaining('closed the connection before the answer was complete'),
  });
});

test('the status, every header as a list, and the bytes', async () => {
  const { url } = await startCallee((_, response) => {
    response.writeHead(418, { 'X-One': '1', 'Set-Cookie': ['a=1', 'b=2'] }).end(Buffer.from([0xff, 0]));
  });
  const answer = await outbound.request(url, asking());
  expect(answer).toMatchObject({ status: 418, url: `${url}/`, body: Buffer.from([0xff, 0]) });
  expect(answer.headers).toMatchObject({ 'x-one': ['1'], 'set-cookie': ['a=1', 'b=2'] });
  const open = await outbound.open(url, asking());
  expect([open.status, open.statusText, await open.body.toArray()]).toEqual([
    418,
    "I'm a Teapot",
    [answer.body],
  ]);
});

test.each([
  ['a text', 'bücher', 7, undefined],
  ['bytes', new Uint8Array([1, 2, 3, 4]).subarray(1, 3), 2, undefined],
  ['a Readable', () => Readable.from(['b', 'ücher']), undefined, undefined],
  ['a ReadableStream', () => new Blob(['bücher']).stream(), undefined, undefined],
  ['nothing', null, 0, undefined],
] as const)('%s as the body', async (_, body, length, type) => {
  const { url, nextCall } = await startCallee((call, response) => call.body.then(() => response.end()));
  await outbound.request(url, asking({ method: 'POST', body: typeof body === 'function' ? body() : body }));
  const call = await nextCall();
  expect(await call.body).toBe(
    length === 7 || length === undefined ? 'bücher' : length === 0 ? '' : '\x02\x03',
  );
  expect(call.headers['content-length']).toBe(length === undefined ? undefined : String(length));
  expect(call.headers['transfer-encoding']).toBe(length === undefined ? 'chunked' : undefined);
  expect(call.headers['content-type']).toBe(type);
});

test('a form names its own content type', async () => {
  const { url, nextCall } = await startCallee();
  const body = new FormData();
  body.set('file', new Blob(['content']), 'a.txt');
  await outbound.request(
    url,
    asking({ method: 'POST', body, headers: { 'Content-Type': 'multipart/form-data' } }),
  );
  const call = await nextCall();
  const [, boundary] = /^multipart\/form-data; boundary=(.+)$/.exec(call.headers['content-type'] ?? '') ?? [];
  expect(await call.body).toContain(`--${boundary}\r\n`);
  expect(call.headers['content-length']).toBe(String((await call.body).length));
});

test.each(['GET', 'DELETE', 'OPTIONS'])('%s says where its stream ends', async (method) => {
  const { url, calls } = await startCallee((call, response) => call.body.then(() => response.end()));
  const hidden = 'GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n';
  await outbound.request(url, asking({ method, body: Readable.from([hidden]) }));
  await outbound.request(url, asking());
  expect(calls.map(({ path }) => path)).toEqual(['/', '/']);
  expect(await calls[0]?.body).toBe(hidden);
});

test('a body that breaks off', async () => {
  const { url } = await startCallee(() => {});
  const body = new Readable({ read: () => body.destroy(new Error('disk')) });
  await expect(outbound.request(url, asking({ method: 'POST', body }))).rejects.toMatchObject({
    kind: 'failed',
    message: expect.stringContaining('The body of the request to 127.0.0.1'),
    cause: { message: 'disk' },
  });
});

test('an answer that comes before its request is complete', async () => {
  const callee = await startRawCallee((socket) => {
    socket.once('data', () => socket.write('HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno'));
  });
  const body = new Readable({ read() {} });
  body.push('start');
  const answer = await outbound.request(callee.url, asking({ method: 'POST', body }));
  expect([answer.status, String(answer.body)]).toEqual([413, 'no']);
  const socket = await callee.nextSocket();
  if (!socket.destroyed) await new Promise((resolve) => socket.resume().once('close', resolve));
  expect(body.destroyed).toBe(true);
});
