import { afterEach, expect, test } from 'vitest';
import { createOutbound } from './create-outbound.ts';
import type { Outbound } from './outbound.ts';
import { type Callee, rules, startCallee } from './start-callee.fixture.ts';

const limits = { fetch: { connectMs: 60_000, headersMs: 60_000, maxBytes: 100_000 } };
let outbound: Outbound = createOutbound({ limits });

afterEach(async () => {
  await outbound.close();
  outbound = createOutbound({ limits });
});

/** The guarded fetch of an app that may call `callee`. */
function fetchOf(callee: Callee): typeof fetch {
  return outbound.fetch(rules(`127.0.0.1:${callee.port}`));
}

test('method, headers and body go out as fetch would send them', async () => {
  const callee = await startCallee((call, response) => call.body.then((body) => response.end(body)));
  const guarded = fetchOf(callee);
  const body = new URLSearchParams({ a: '1' });
  expect(await (await guarded(callee.url, { method: 'post', body, headers: [['X-A', '1']] })).text()).toBe(
    'a=1',
  );
  const call = await callee.nextCall();
  expect(call.method).toBe('POST');
  expect(call.headers).toMatchObject({
    'x-a': '1',
    'content-type': 'application/x-www-form-urlencoded;charset=UTF-8',
  });
  const request = new Request(new URL('/put', callee.url), { method: 'PUT', body: '{}' });
  expect(await (await guarded(request)).json()).toEqual({});
  expect((await callee.nextCall()).path).toBe('/put');
});

test('the response is as that of fetch', async () => {
  const callee = await startCallee((call, response) => {
    if (call.path === '/moved') response.writeHead(301, { location: '/there' }).end();
    else if (call.path === '/204') response.writeHead(204).end();
    else response.writeHead(404, 'Gone Fishing', { 'set-cookie': ['a=1', 'b=2'] }).end('nothing');
  });
  const guarded = fetchOf(callee);
  const response = await guarded(`${callee.url}/moved`);
  expect(response).toBeInstanceOf(Response);
  expect(response).toMatchObject({
    status: 404,
    statusText: 'Gone Fishing',
    ok: false,
    url: `${callee.url}/there`,
    redirected: true,
  });
  expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
  expect(await response.text()).toBe('nothing');
  expect(await guarded(`${callee.url}/204`)).toMatchObject({ status: 204, body: null, redirected: false });
});

test.each([
  ['http://10.0.0.1/', '10.0.0.1 is a private address; the owner can allow it under outbound.allow'],
  [
    'http://user:hush@a.example/',
    'The address of a.example holds credentials; send them in a header instead.',
  ],
  ['file:///etc/passwd', 'Only http and https are allowed, not file.'],
  ['/relative', 'The address is not a valid URL.'],
])('%s is refused', async (url, message) => {
  await expect(outbound.fetch([])(url)).rejects.toMatchObject({ kind: 'refused', message });
});

test('a redirect is judged, and loses its credentials', async () => {
  const other = await startCallee();
  const callee = await startCallee((_, response) => response.writeHead(302, { location: other.url }).end());
  const init = { headers: { authorization: 'Bearer hush', 'x-a': '1' } };
  await expect(fetchOf(callee)(callee.url, init)).rejects.toMatchObject({
    kind: 'refused',
    address: '127.0.0.1',
  });
  expect(other.sockets).toEqual([]);
  await outbound.fetch(rules('127.0.0.1'))(callee.url, init);
  expect((await other.nextCall()).headers).not.toHaveProperty('authorization');
});

test('redirect: manual and error', async () => {
  const callee = await startCallee((_, response) =>
    response.writeHead(302, { location: 'http://10.0.0.1/' }).end(),
  );
  const response = await fetchOf(callee)(callee.url, { redirect: 'manual' });
  expect([response.status, response.headers.get('location')]).toEqual([302, 'http://10.0.0.1/']);
  await expect(fetchOf(callee)(callee.url, { redirect: 'error' })).rejects.toMatchObject({
    kind: 'failed',
    message: `127.0.0.1:${callee.port} redirects, which this request does not follow.`,
  });
});

test('a stream arrives piece by piece; cancelling it closes its connection', async () => {
  const callee = await startCallee((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('data: 1\n\n');
  });
  const response = await fetchOf(callee)(callee.url);
  const reader = response.body?.getReader();
  expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('data: 1\n\n');
  await reader?.cancel();
  await (await callee.nextCall()).gone;
});

test('abort ends a request and a body with its reason, and closes the connection', async () => {
  const callee = await startCallee((call, response) => {
    if (call.path === '/stream') response.write('part');
  });
  const guarded = fetchOf(callee);
  const first = new AbortController();
  const waiting = guarded(callee.url, { signal: first.signal });
  const call = await callee.nextCall();
  first.abort(new Error('stop'));
  await expect(waiting).rejects.toBe(first.signal.reason);
  await call.gone;
  const second = new AbortController();
  const { body } = await guarded(new Request(`${callee.url}/stream`, { signal: second.signal }));
  const streaming = await callee.nextCall();
  const reader = body?.getReader();
  await reader?.read();
  second.abort(new Error('stop'));
  await expect(reader?.read()).rejects.toMatchObject({ message: 'stop' });
  await streaming.gone;
});

test('a body is bounded, and so is each event of an event stream', async () => {
  const callee = await startCallee((call, response) => {
    response.setHeader(
      'content-type',
      call.path === '/json' ? 'application/json' : 'text/event-stream; charset=utf-8',
    );
    const piece = Buffer.alloc(30_000, 'x');
    // Each piece by itself, so that it arrives as a chunk of its own.
    const blank = call.path === '/event' ? ['x'] : ['\n\n', '\r\n\r\n', '\r\r', '\n\n'];
    const pieces = [0, 1, 2, 3].flatMap((i) => [piece, blank[i] ?? 'x']);
    const next = () => {
      const piece = pieces.shift();
      if (piece === undefined) response.end();
      else response.write(piece, () => setImmediate(next));
    };
    next();
  });
  const guarded = fetchOf(callee);
  expect((await (await guarded(`${callee.url}/events`)).bytes()).length).toBe(120_010);
  for (const path of ['/json', '/event']) {
    const response = await guarded(callee.url + path);
    await expect(response.text()).rejects.toMatchObject({ kind: 'too_large' });
  }
});

test('a connection that breaks is an error of the body, not a crash', async () => {
  const callee = await startCallee((call, response) => response.write('part', () => call.socket.destroy()));
  const response = await fetchOf(callee)(callee.url);
  await expect(response.text()).rejects.toMatchObject({ kind: 'failed' });
});

test('a status beyond HTTP', async () => {
  const callee = await startCallee((_, response) => response.writeHead(777).end());
  await expect(fetchOf(callee)(callee.url)).rejects.toMatchObject({
    kind: 'failed',
    message: expect.stringContaining('sent the status 777'),
  });
});
