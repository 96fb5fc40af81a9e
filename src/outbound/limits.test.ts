import { Readable } from 'node:stream';
import { afterEach, expect, test } from 'vitest';
import { createOutbound } from './create-outbound.ts';
import type { Outbound } from './outbound.ts';
import { ask, asking, gone, startCallee, startRawCallee } from './start-callee.fixture.ts';

let outbound: Outbound = createOutbound();

afterEach(async () => {
  await outbound.close();
  outbound = createOutbound();
});

/** One short limit; the others are longer than the test. */
function only(name: 'connectMs' | 'readMs' | 'writeMs' | 'totalMs', ms: number) {
  return { connectMs: 60_000, readMs: 60_000, writeMs: 60_000, totalMs: 60_000, [name]: ms };
}

async function* delayed(ms: number) {
  yield 'a';
  await new Promise((resolve) => setTimeout(resolve, ms));
  yield 'b';
}

const timeout = (text: string) => ({
  name: 'OutboundError',
  kind: 'timeout',
  message: expect.stringContaining(text),
});

test('connectMs holds for finding the address', async () => {
  outbound = createOutbound({ lookup: () => new Promise(() => {}) });
  const request = outbound.request('http://a.example/', asking({ timeouts: only('connectMs', 100) }));
  await expect(request).rejects.toMatchObject(timeout('a.example could not be connected to within 0.1 s.'));
});

test('connectMs holds for the TLS handshake', async () => {
  const callee = await startRawCallee(() => {});
  const url = callee.url.replace('http:', 'https:');
  const request = outbound.request(url, asking({ timeouts: only('connectMs', 100) }));
  await expect(request).rejects.toMatchObject(timeout('could not be connected to within 0.1 s.'));
  await gone((await callee.nextSocket()).resume());
});

test('connectMs is over when the connection stands', async () => {
  const { url } = await startCallee((call, response) => {
    call.body.then(() => setTimeout(() => response.end('ok'), 600));
  });
  expect(await ask(outbound, url, { timeouts: only('connectMs', 250) })).toBe('ok');
  const body = Readable.from(delayed(600));
  const timeouts = { connectMs: 250, readMs: 60_000, totalMs: 60_000 };
  expect(await ask(outbound, url, { method: 'POST', body, timeouts })).toBe('ok');
  // and so it is for a connection that stood before
  expect(await ask(outbound, url, { timeouts: only('connectMs', 250) })).toBe('ok');
});

test('writeMs', async () => {
  const callee = await startRawCallee((socket) => socket.pause());
  const options = asking({ method: 'POST', body: Buffer.alloc(50_000_000), timeouts: only('writeMs', 200) });
  const request = outbound.request(callee.url, options);
  await expect(request).rejects.toMatchObject(timeout('did not take the request within 0.2 s.'));
  await gone((await callee.nextSocket()).resume());
});

test('writeMs is over when the request is sent', async () => {
  const { url } = await startCallee((_, response) => setTimeout(() => response.end('ok'), 600));
  expect(await ask(outbound, url, { timeouts: only('writeMs', 250) })).toBe('ok');
});

test('readMs does not run while the request is sent', async () => {
  const { url } = await startCallee((call, response) => call.body.then((body) => response.end(body)));
  const body = Readable.from(delayed(1_000));
  expect(await ask(outbound, url, { method: 'POST', body, timeouts: only('readMs', 400) })).toBe('ab');
});

test('readMs: no answer', async () => {
  const { url, nextCall } = await startCallee(() => {});
  const request = outbound.request(url, asking({ timeouts: only('readMs', 100) }));
  await expect(request).rejects.toMatchObject(timeout('did not answer within 0.1 s.'));
  await (await nextCall()).gone;
});

test.each([
  ['headers', 'HTTP/1.1 200 OK\r\n', 'X-Slow: 1\r\n'],
  ['interim answers', '', 'HTTP/1.1 103 Early Hints\r\n\r\n'],
])('readMs: %s that trickle in', async (_, start, drop) => {
  const { url, nextSocket } = await startRawCallee((socket) => {
    socket.write(start);
    const trickle = setInterval(() => socket.write(drop), 20);
    socket.resume().once('close', () => clearInterval(trickle));
  });
  const request = outbound.request(url, asking({ timeouts: only('readMs', 300) }));
  await expect(request).rejects.toMatchObject(timeout('did not answer within 0.3 s.'));
  await gone(await nextSocket());
});

test('readMs: a body that falls silent', async () => {
  const { url, nextCall } = await startCallee((_, response) => response.write('part'));
  const request = outbound.request(url, asking({ timeouts: only('readMs', 100) }));
  await expect(request).rejects.toMatchObject(timeout('sent nothing for 0.1 s.'));
  await (await nextCall()).gone;
});

test('readMs: a body that goes on is not silent, nor is one whose reader is slow', async () => {
  const { url } = await startCallee((_, response) => {
    let drops = 0;
    const trickle = setInterval(() => {
      response.write('.');
      if (++drops < 12) return;
      clearInterval(trickle);
      response.end();
    }, 100);
  });
  const timeouts = only('readMs', 600);
  expect(await ask(outbound, url, { timeouts })).toBe('.'.repeat(12));
  const big = await startCallee((call, response) =>
    response.end(Buffer.alloc(call.path === '/' ? 900_000 : 0)),
  );
  const bodies = ['/', '/empty'].map(async (path) => outbound.open(big.url + path, asking({ timeouts })));
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  const lengths = bodies.map(async (open) => Buffer.concat(await (await open).body.toArray()).length);
  expect(await Promise.all(lengths)).toEqual([900_000, 0]);
});

test('totalMs holds for all of it: redirects, and a body that trickles in', async () => {
  const { url, nextCall } = await startCallee((call, response) => {
    if (Number(call.path.slice(1)) < 4) {
      const next = { location: `/${Number(call.path.slice(1)) + 1}` };
      setTimeout(() => response.writeHead(302, next).end(), 100);
      return;
    }
    response.writeHead(200);
    const trickle = setInterval(() => response.write('.'), 20);
    response.once('close', () => clearInterval(trickle));
  });
  for (const [path, ms] of [
    ['/0', 300],
    ['/4', 500],
  ] as const) {
    const request = outbound.request(url + path, asking({ timeouts: only('totalMs', ms) }));
    await expect(request).rejects.toThrow(new RegExp(`^The request took longer than ${ms / 1000} s\\.$`));
    await (await nextCall()).gone;
  }
});

test('totalMs ends a body that nobody reads', async () => {
  const { url, nextCall } = await startCallee((_, response) => response.end(Buffer.alloc(10_000_000)));
  const timeouts = only('totalMs', 100);
  const { body } = await outbound.open(url, asking({ timeouts, maxBytes: 20_000_000 }));
  await (await nextCall()).gone;
  await expect(body.toArray()).rejects.toMatchObject(timeout('The request took longer than 0.1 s.'));
});

test.each([
  ['one header', `X-Big: ${'x'.repeat(40_000)}\r\n`],
  ['all headers together', 'X-Many: 12345678901234567890\r\n'.repeat(1_500)],
  ['headers without end', null],
])('too many bytes of headers: %s', async (_, headers) => {
  const { url, nextSocket } = await startRawCallee((socket) => {
    socket.write('HTTP/1.1 200 OK\r\n');
    if (headers !== null) return socket.write(`${headers}\r\n`);
    const write = () => {
      while (!socket.destroyed && socket.write('X-Endless: 12345678901234567890\r\n'));
    };
    socket.resume().on('drain', write);
    return write();
  });
  await expect(outbound.request(url, asking())).rejects.toMatchObject({
    kind: 'too_large',
    code: 'HPE_HEADER_OVERFLOW',
    message: expect.stringContaining('sent more than 32768 bytes of headers.'),
  });
  await gone((await nextSocket()).resume());
});

test('headers of 20 KB are taken', async () => {
  const { url } = await startCallee((_, response) =>
    response.setHeader('x-big', 'x'.repeat(20_000)).end('ok'),
  );
  expect(await ask(outbound, url)).toBe('ok');
});

test.each([
  ['no HTTP', 'SSH-2.0-OpenSSH_9.9\r\n', /sent an answer that is not HTTP \(HPE_/],
  ['nothing', '', /closed the connection before it answered \(ECONNRESET\)/],
  [
    'a switch of protocols',
    'HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n',
    /switched to another protocol/,
  ],
])('a callee that sends %s', async (_, bytes, message) => {
  const { url } = await startRawCallee((socket) => socket.once('data', () => socket.end(bytes)));
  await expect(outbound.request(url, asking())).rejects.toMatchObject({
    kind: 'failed',
    message: expect.stringMatching(message),
  });
});

test('the connection of a callee that switches protocols is closed', async () => {
  const { url, nextSocket } = await startRawCallee((socket) => {
    socket.once('data', () =>
      socket.write('HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'),
    );
  });
  await expect(outbound.request(url, asking())).rejects.toMatchObject({ kind: 'failed' });
  await gone(await nextSocket());
});

test('a callee that is not there', async () => {
  await expect(outbound.request('http://127.0.0.1:1/hush', asking())).rejects.toMatchObject({
    kind: 'failed',
    code: 'ECONNREFUSED',
    message: 'Cannot connect to 127.0.0.1:1 (ECONNREFUSED).',
  });
});

test('a certificate that is not trusted', async () => {
  const { url } = await startCallee(undefined, { secure: true });
  await expect(outbound.request(url, asking())).rejects.toMatchObject({
    kind: 'failed',
    message: expect.stringMatching(
      /^The certificate of 127\.0\.0\.1:\d+ is not trusted \(DEPTH_ZERO_SELF_SIGNED_CERT\)/,
    ),
  });
});
