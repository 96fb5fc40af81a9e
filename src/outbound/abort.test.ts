import { execFile } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { getEventListeners } from 'node:events';
import type { Socket } from 'node:net';
import { Readable, type Transform } from 'node:stream';
import { promisify } from 'node:util';
import { afterEach, expect, test } from 'vitest';
import { createOutbound } from './create-outbound.ts';
import type { Outbound } from './outbound.ts';
import { OutboundError } from './outbound-error.ts';
import { asking, gone, rules, startCallee, startRawCallee } from './start-callee.fixture.ts';

// Nothing here sleeps: the callee's own `close` event tells that its connection is gone.

const run = promisify(execFile);

let outbound: Outbound = createOutbound();
let stop = new AbortController();

afterEach(async () => {
  await outbound.close();
  outbound = createOutbound();
  stop = new AbortController();
});

test('before the request', async () => {
  const { url, sockets } = await startCallee();
  stop.abort('stop');
  await expect(outbound.request(url, asking({ signal: stop.signal }))).rejects.toBe('stop');
  expect(sockets).toEqual([]);
});

test('while a name is looked up', async () => {
  const asked = Promise.withResolvers<void>();
  outbound = createOutbound({
    lookup: () => {
      asked.resolve();
      return new Promise(() => {});
    },
  });
  const request = outbound.request('http://a.example/', asking({ signal: stop.signal }));
  await asked.promise;
  stop.abort('stop');
  await expect(request).rejects.toBe('stop');
});

test('in the first moments, at each of them', async () => {
  const sockets: Socket[] = [];
  const onSocket = (message: unknown) => sockets.push((message as { socket: Socket }).socket);
  const { url } = await startCallee(() => {});
  subscribe('net.client.socket', onSocket);
  try {
    for (let moment = 0; moment < 60; moment++) {
      const { signal, abort } = abortable();
      const request = outbound.request(url, asking({ signal }));
      if (moment >= 50) await new Promise<void>((resolve) => setImmediate(resolve));
      else if (moment >= 40) await new Promise<void>((resolve) => process.nextTick(resolve));
      for (let i = 0; i < moment % 40; i++) await null;
      abort();
      await expect(request).rejects.toBe('stop');
      // Now, before another request could take over a socket that was left behind.
      await new Promise<void>((resolve) => setImmediate(resolve));
      expect(sockets.filter((socket) => !socket.destroyed)).toEqual([]);
    }
    expect(sockets.length).toBeGreaterThan(10);
  } finally {
    unsubscribe('net.client.socket', onSocket);
  }
});

function abortable() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort('stop') };
}

test('in the TLS handshake', async () => {
  const callee = await startRawCallee(() => {});
  const url = callee.url.replace('http:', 'https:');
  const request = outbound.request(url, asking({ signal: stop.signal }));
  const socket = await callee.nextSocket();
  const closed = gone(socket.resume());
  stop.abort('stop');
  await expect(request).rejects.toBe('stop');
  await closed;
});

test('while the request is sent; its stream ends too', async () => {
  const callee = await startRawCallee((socket) => socket.pause());
  const body = new Readable({ read: () => body.push(Buffer.alloc(65_536)) });
  const request = outbound.request(callee.url, asking({ method: 'POST', body, signal: stop.signal }));
  const socket = await callee.nextSocket();
  const ended = new Promise<void>((resolve) => body.once('close', resolve));
  const closed = gone(socket);
  stop.abort('stop');
  await expect(request).rejects.toBe('stop');
  await ended;
  // What is not read does not notice that its connection is gone.
  socket.resume();
  await closed;
});

test('while the answer is waited for', async () => {
  const callee = await startCallee(() => {});
  const request = outbound.request(callee.url, asking({ signal: stop.signal }));
  const call = await callee.nextCall();
  stop.abort(new Error('stop'));
  await expect(request).rejects.toBe(stop.signal.reason);
  await call.gone;
});

test('within headers', async () => {
  const callee = await startRawCallee((socket) => {
    socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nX-Slow: '));
  });
  const request = outbound.request(callee.url, asking({ signal: stop.signal }));
  const socket = await callee.nextSocket();
  await new Promise((resolve) => socket.once('data', resolve));
  const closed = gone(socket);
  stop.abort('stop');
  await expect(request).rejects.toBe('stop');
  await closed;
});

test.each([
  ['request', ''],
  ['open', ''],
  ['open', 'gzip'],
] as const)('%s: within a body %s', async (kind, encoding) => {
  const callee = await startCallee((_, response) => {
    response.writeHead(200, encoding === '' ? {} : { 'content-encoding': encoding }).flushHeaders();
    response.write(encoding === '' ? 'part' : Buffer.from('1f8b0800000000000003', 'hex'));
  });
  const options = asking({ signal: stop.signal });
  const answer = kind === 'open' ? outbound.open(callee.url, options) : null;
  const reading =
    answer === null ? outbound.request(callee.url, options) : answer.then(({ body }) => body.toArray());
  const failed = expect(reading).rejects.toBe('stop');
  const call = await callee.nextCall();
  await answer;
  stop.abort('stop');
  await failed;
  await call.gone;
});

test('a body that nobody reads yet: its connection is closed, and nothing crashes', async () => {
  const callee = await startCallee((_, response) => response.write('part'));
  const { body } = await outbound.open(callee.url, asking({ signal: stop.signal }));
  const call = await callee.nextCall();
  stop.abort(new Error('stop'));
  await call.gone;
  expect(body.errored).toBe(stop.signal.reason);
});

test('a body that is not wanted any more closes its connection', async () => {
  const callee = await startCallee((_, response) => response.write('part'));
  const { body } = await outbound.open(callee.url, asking());
  for await (const _ of body) break;
  await (await callee.nextCall()).gone;
});

test('the socket is destroyed when abort() returns', async () => {
  const sockets: Socket[] = [];
  const onSocket = (message: unknown) => sockets.push((message as { socket: Socket }).socket);
  subscribe('net.client.socket', onSocket);
  try {
    const silent = await startCallee(() => {});
    const request = outbound.request(silent.url, asking({ signal: stop.signal }));
    await silent.nextCall();
    const streaming = await startCallee((_, response) => response.write('part'));
    const { body } = await outbound.open(streaming.url, asking({ signal: stop.signal }));
    expect(sockets.map((socket) => socket.destroyed)).toEqual([false, false]);
    stop.abort('stop');
    expect(sockets.map((socket) => socket.destroyed)).toEqual([true, true]);
    await expect(request).rejects.toBe('stop');
    await expect(body.toArray()).rejects.toBe('stop');
  } finally {
    unsubscribe('net.client.socket', onSocket);
  }
});

test('a complete body that nobody has read', async () => {
  const callee = await startCallee();
  const { body } = await outbound.open(callee.url, asking({ signal: stop.signal }));
  while (!(body as Transform).writableFinished) await new Promise((resolve) => setImmediate(resolve));
  // What has attended to errors so far has done its work.
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  stop.abort(new Error('stop'));
  await new Promise((resolve) => body.once('close', resolve));
  expect(body.errored).toBe(stop.signal.reason);
});

test.each([null, 0, 'stop', new OutboundError('failed', 'mine')])(
  'any reason is the reason: %s',
  async (reason) => {
    const silent = await startCallee(() => {});
    const callee = await startCallee((call, response) => {
      if (call.path === '/') response.write('part');
      else response.writeHead(302, { location: silent.url }).end();
    });
    const allow = rules('127.0.0.1');
    for (const [path, last] of [
      ['/', callee],
      ['/redirect', silent],
    ] as const) {
      const stop = new AbortController();
      const request = outbound.request(callee.url + path, asking({ signal: stop.signal, allow }));
      const answered = new Promise((resolve) => subscribe('http.client.response.finish', resolve));
      await callee.nextCall();
      await (last === callee ? answered : last.nextCall());
      await new Promise((resolve) => setImmediate(resolve));
      stop.abort(reason);
      await request.then(
        () => expect.unreachable(),
        (error) => expect(error).toBe(reason),
      );
    }
  },
);

test('nothing stays behind on the signal', async () => {
  const { url } = await startCallee((call, response) => {
    if (call.path === '/redirect') response.writeHead(302, { location: '/' });
    response.end('ok');
  });
  const options = asking({ signal: stop.signal });
  await outbound.request(`${url}/redirect`, options);
  await expect(outbound.request('http://10.0.0.1/', options)).rejects.toThrow();
  await expect(outbound.request(url, { ...options, maxBytes: 1 })).rejects.toThrow();
  await outbound
    .fetch(options.allow)(url, { signal: stop.signal })
    .then((response) => response.text());
  await new Promise((resolve) => setImmediate(resolve));
  expect(getEventListeners(stop.signal, 'abort')).toEqual([]);
});

test('nothing stays behind on the clock: a process that has nothing else to do ends', async () => {
  const { url } = await startCallee((call, response) => {
    if (call.path === '/redirect') response.writeHead(302, { location: '/' });
    response.end('ok');
  });
  const script = `
    import { createOutbound } from ${JSON.stringify(new URL('./create-outbound.ts', import.meta.url).href)};
    const options = ${JSON.stringify({ ...asking(), signal: undefined })};
    const outbound = createOutbound();
    const { signal } = new AbortController();
    for (const path of ['/', '/redirect']) await outbound.request('${url}' + path, { ...options, signal });
    await outbound.request('http://10.0.0.1/', { ...options, signal }).catch(() => {});
    await outbound.request('${url}', { ...options, signal, maxBytes: 1 }).catch(() => {});
    console.log('done');
  `;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { timeout: 15_000 });
  expect(stdout).toBe('done\n');
});

test('an abort after the end changes nothing, and leaves the connection', async () => {
  const callee = await startCallee();
  await outbound.request(callee.url, asking({ signal: stop.signal }));
  stop.abort('stop');
  await outbound.request(callee.url, asking());
  expect(callee.sockets).toHaveLength(1);
});

test('a stream is let go when its request is refused', async () => {
  const first = new Readable({ read() {} });
  await expect(
    outbound.request('http://10.0.0.1/', asking({ method: 'POST', body: first })),
  ).rejects.toMatchObject({
    kind: 'refused',
  });
  expect(first.destroyed).toBe(true);
  for (const url of ['http://10.0.0.1/', 'ftp://a.example/']) {
    const cancelled = Promise.withResolvers<void>();
    const body = new ReadableStream({ cancel: () => cancelled.resolve() });
    await expect(outbound.request(url, asking({ method: 'POST', body }))).rejects.toMatchObject({
      kind: 'refused',
    });
    await cancelled.promise;
  }
});
