import { afterEach, expect, test } from 'vitest';
import { createOutbound } from './create-outbound.ts';
import type { Outbound } from './outbound.ts';
import { ask, asking, gone, rules, startCallee, startRawCallee } from './start-callee.fixture.ts';

const lookup = async () => ['127.0.0.1'];
let outbound: Outbound = createOutbound({ lookup });

afterEach(async () => {
  await outbound.close();
  outbound = createOutbound({ lookup });
});

test('a connection is used again by requests with the same exceptions', async () => {
  const { port, sockets } = await startCallee();
  const url = `http://a.example:${port}/`;
  await ask(outbound, url, { allow: rules('a.example', '127.0.0.1') });
  await ask(outbound, url, { allow: rules('127.0.0.1', 'A.example') });
  expect(sockets).toHaveLength(1);
});

test.each([
  [['127.0.0.1'], []],
  [['a.example'], []],
  [['*.example'], ['b.example']],
  [['127.0.0.0/8'], ['127.0.0.0/31:1']],
  [['127.0.0.1'], ['127.0.0.2']],
  [['127.0.0.1'], ['127.0.0.1:1']],
  [['a.example'], ['a.example:1']],
  [['*.example'], ['*.example:1']],
  [['a.example'], ['b.example']],
  [['*.example'], ['*.test']],
  [['127.0.0.0/8'], ['127.0.0.0/32']],
])('a connection that %j opened is not there for %j', async (has, other) => {
  const { port, calls } = await startCallee();
  const url = `http://a.example:${port}/`;
  await ask(outbound, url, { allow: rules(...has) });
  await expect(outbound.request(url, asking({ allow: rules(...other) }))).rejects.toMatchObject({
    kind: 'refused',
    address: '127.0.0.1',
  });
  await expect(outbound.fetch(rules(...other))(url)).rejects.toMatchObject({ kind: 'refused' });
  expect(calls).toHaveLength(1);
});

test('two sets of exceptions that both allow a callee have a connection each', async () => {
  const { url, sockets } = await startCallee();
  await ask(outbound, url, { allow: rules('127.0.0.1') });
  await ask(outbound, url, { allow: rules('127.0.0.0/8') });
  expect(sockets).toHaveLength(2);
});

test.each(['NTLM abc', 'Negotiate abc'])(
  '%s logs in a connection that nobody else uses',
  async (authorization) => {
    const { url, sockets } = await startCallee();
    await ask(outbound, url, { headers: { authorization } });
    await ask(outbound, url);
    expect(sockets).toHaveLength(2);
  },
);

test('an idle connection is closed soon', async () => {
  outbound = createOutbound({ limits: { keepAliveMs: 20 } });
  const { url, nextCall } = await startCallee();
  await ask(outbound, url);
  await (await nextCall()).gone;
});

test('a slow answer is not an idle connection', async () => {
  outbound = createOutbound({ limits: { keepAliveMs: 20 } });
  const { url } = await startCallee((_, response) => setTimeout(() => response.end('slow'), 200));
  expect(await ask(outbound, url)).toBe('slow');
});

/** Answers the first request of each connection, and resets it at the second. */
async function startStale() {
  let requests = 0;
  const callee = await startRawCallee((socket) => {
    let first = true;
    socket.on('data', () => {
      requests++;
      if (first) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      else socket.resetAndDestroy();
      first = false;
    });
  });
  return { ...callee, requests: () => requests };
}

test('a connection that the callee closed meanwhile costs no request that can be repeated', async () => {
  const { url, sockets, requests } = await startStale();
  await ask(outbound, url);
  expect(await ask(outbound, url, { method: 'PUT', body: 'x' })).toBe('ok');
  expect([sockets.length, requests()]).toEqual([2, 3]);
});

test('others are not repeated: they may have arrived', async () => {
  const { url, sockets, requests } = await startStale();
  await ask(outbound, url);
  await expect(outbound.request(url, asking({ method: 'POST', body: 'x' }))).rejects.toMatchObject({
    kind: 'failed',
    code: 'ECONNRESET',
  });
  expect([sockets.length, requests()]).toEqual([1, 2]);
});

test('a fresh connection that breaks is not repeated', async () => {
  const { url, sockets } = await startRawCallee((socket) => {
    socket.on('data', () => socket.resetAndDestroy());
  });
  await expect(outbound.request(url, asking())).rejects.toMatchObject({ kind: 'failed', code: 'ECONNRESET' });
  expect(sockets).toHaveLength(1);
});

test('close ends requests, bodies and idle connections, and refuses new ones', async () => {
  outbound = createOutbound({ limits: { keepAliveMs: 60_000 } });
  const idle = await startCallee();
  await ask(outbound, idle.url);
  const idleSocket = await idle.nextSocket();
  const silent = await startCallee(() => {});
  const waiting = outbound.request(silent.url, asking());
  const call = await silent.nextCall();
  const streaming = await startCallee((_, response) => response.write('part'));
  const { body } = await outbound.open(streaming.url, asking());
  const reading = body.toArray();
  const all = [waiting, reading].map((promise) =>
    expect(promise).rejects.toMatchObject({ message: 'The server is shutting down.' }),
  );
  await outbound.close();
  await Promise.all([...all, call.gone, gone(idleSocket), (await streaming.nextCall()).gone]);
  await expect(outbound.request(idle.url, asking())).rejects.toMatchObject({ kind: 'failed' });
});
