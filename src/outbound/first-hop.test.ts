import { afterEach, expect, test } from 'vitest';
import { createOutbound } from './create-outbound.ts';
import type { Outbound } from './outbound.ts';
import { ask, asking, startCallee } from './start-callee.fixture.ts';

let outbound: Outbound = createOutbound();

afterEach(async () => {
  await outbound.close();
  outbound = createOutbound();
});

test('headers of one name in any spelling are all sent; defaults only where there is none', async () => {
  const { url, nextCall } = await startCallee();
  await ask(outbound, url, {
    headers: { 'X-A': ['1', '2'], 'x-a': '3', 'USER-agent': 'mine', 'X-Empty': '  ' },
  });
  const { headers, method } = await nextCall();
  expect(method).toBe('GET');
  expect(headers).toMatchObject({
    'x-a': '1, 2, 3',
    'x-empty': '',
    'user-agent': 'mine',
    accept: '*/*',
    'accept-encoding': 'gzip, deflate, br',
  });
});

test('"__proto__" is a header like any other', async () => {
  const { url, nextCall } = await startCallee();
  await ask(outbound, url, { headers: JSON.parse('{"__proto__": "1", "constructor": "2"}') });
  const { rawHeaders } = await nextCall();
  expect(rawHeaders.slice(0, 4)).toEqual(['__proto__', '1', 'constructor', '2']);
});

test('what belongs to the connection is set here, whatever the caller says', async () => {
  const { url, calls } = await startCallee((call, response) => call.body.then(() => response.end('ok')));
  const hidden = 'x\r\n0\r\n\r\nGET /hidden HTTP/1.1\r\nHost: a\r\n\r\n';
  const headers = {
    'Content-Length': '1',
    'Transfer-Encoding': 'chunked',
    Connection: 'upgrade, x-a',
    Upgrade: 'websocket',
    Expect: '100-continue',
    'Keep-Alive': 'timeout=1000',
    TE: 'trailers',
    Trailer: 'x-a',
    'Proxy-Connection': 'keep-alive',
  };
  expect(await ask(outbound, url, { method: 'POST', headers, body: hidden })).toBe('ok');
  expect(await ask(outbound, url)).toBe('ok');
  expect(calls.map((call) => [call.method, call.path])).toEqual([
    ['POST', '/'],
    ['GET', '/'],
  ]);
  expect(await calls[0]?.body).toBe(hidden);
  const { host, connection, ...rest } = calls[0]?.headers ?? {};
  expect([host, connection]).toEqual([new URL(url).host, 'keep-alive']);
  expect(Object.keys(rest).sort()).toEqual(['accept', 'accept-encoding', 'content-length', 'user-agent']);
});

test('"host" may repeat the host of the address and nothing else', async () => {
  const { url, port, nextCall } = await startCallee();
  await ask(outbound, url, { headers: { Host: `127.0.0.1:${port}` } });
  expect((await nextCall()).headers.host).toBe(`127.0.0.1:${port}`);
  await expect(
    outbound.request(url, asking({ headers: { HOST: 'intranet.example' } })),
  ).rejects.toMatchObject({
    kind: 'refused',
    message: `The header "host" may only be 127.0.0.1:${port}, as in the address.`,
  });
});

test.each([
  ['X-Bad', 'hush\r\nX-Injected: 1'],
  ['X-Bad', 'hush\n'.concat('x')],
  ['X-Bad', 'hush\0x'],
  ['X-Bad', 'hush 漢'],
  ['X Bad', 'hush'],
  ['X-Bad:', 'hush'],
  ['', 'hush'],
])('the header %j: %j', async (name, value) => {
  const { url, sockets } = await startCallee();
  const error = await outbound.request(url, asking({ headers: { [name]: value } })).catch((error) => error);
  expect(error).toMatchObject({ name: 'OutboundError', kind: 'refused' });
  expect(error.message).toContain(JSON.stringify(name));
  expect(error.message).not.toContain('hush');
  expect(sockets).toEqual([]);
});

test.each(['CONNECT', 'trace', 'TRACK', 'GET /x HTTP/1.1\r\nHost: a\r\n\r\nGET', 'G T', ''])(
  'the method %j',
  async (method) => {
    const { url, sockets } = await startCallee();
    await expect(outbound.request(url, asking({ method }))).rejects.toMatchObject({ kind: 'refused' });
    expect(sockets).toEqual([]);
  },
);

test('a method in lower case, and one of the callee’s own', async () => {
  const { url, calls } = await startCallee();
  await ask(outbound, url, { method: 'patch' });
  await ask(outbound, url, { method: 'PROPFIND' });
  expect(calls.map(({ method }) => method)).toEqual(['PATCH', 'PROPFIND']);
});
