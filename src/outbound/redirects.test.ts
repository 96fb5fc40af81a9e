import { afterEach, beforeAll, expect, test } from 'vitest';
import { createOutbound } from './create-outbound.ts';
import type { Outbound } from './outbound.ts';
import { ask, asking, type Call, rules, startCallee, startRawCallee } from './start-callee.fixture.ts';
import { trustTestCertificate } from './tls.fixture.ts';

let outbound: Outbound = createOutbound();

beforeAll(trustTestCertificate);

afterEach(async () => {
  await outbound.close();
  outbound = createOutbound();
});

function redirect(to: (call: Call) => string, status = 302) {
  return startCallee((call, response) => response.writeHead(status, { location: to(call) }).end('moved'));
}

test('relative addresses, and the final one in the answer', async () => {
  const { url } = await startCallee((call, response) => {
    if (call.path === '/a/b?x=1') response.writeHead(301, { location: 'c?y=2#part' });
    response.end(call.path);
  });
  const answer = await outbound.request(`${url}/a/b?x=1`, asking());
  expect([answer.status, answer.url, String(answer.body)]).toEqual([200, `${url}/a/c?y=2`, '/a/c?y=2']);
});

test.each([
  ['http://169.254.169.254/latest/meta-data/', '169.254.169.254 is a link-local address'],
  ['//[::ffff:169.254.169.254]/', '::ffff:a9fe:a9fe is an IPv4-mapped IPv6 address'],
  ['http://2852039166/', '169.254.169.254 is a link-local address'],
  ['http://localhost:9/', 'localhost resolves to '],
  ['file:///etc/passwd', 'Only http and https are allowed, not file.'],
  ['http://user:hush@a.example/', 'The address of a.example holds credentials'],
  ['http://', 'The address is not a valid URL.'],
])('a redirect to %s is refused', async (location, text) => {
  const { url, port } = await redirect(() => location);
  const error = await outbound.request(url, asking({ allow: rules(`127.0.0.1:${port}`) })).catch((e) => e);
  expect(error).toMatchObject({ name: 'OutboundError', kind: 'refused' });
  expect(error.message).toContain(`After a redirect from 127.0.0.1:${port}: ${text}`);
  expect(error.message + error.stack).not.toContain('hush');
});

test('a name that is trusted takes nobody along', async () => {
  const secret = await startCallee();
  const first = await redirect(() => `http://other.example:${secret.port}/`);
  outbound = createOutbound({ lookup: async () => ['127.0.0.1'] });
  const url = `http://trusted.example:${first.port}/`;
  const allow = rules('trusted.example');
  await expect(outbound.request(url, asking({ allow }))).rejects.toMatchObject({
    kind: 'refused',
    address: '127.0.0.1',
    range: 'a loopback address',
  });
  expect(secret.sockets).toEqual([]);
  expect(await ask(outbound, url, { allow: rules('trusted.example', 'other.example') })).toBe('ok');
});

test.each([
  [301, 'GET', 'GET'],
  [301, 'POST', 'GET'],
  [301, 'PUT', 'PUT'],
  [302, 'POST', 'GET'],
  [302, 'DELETE', 'DELETE'],
  [302, 'HEAD', 'HEAD'],
  [303, 'POST', 'GET'],
  [303, 'PUT', 'GET'],
  [303, 'HEAD', 'HEAD'],
  [307, 'POST', 'POST'],
  [307, 'GET', 'GET'],
  [308, 'PUT', 'PUT'],
] as const)('%i after %s goes on as %s', async (status, method, next) => {
  const target = await startCallee();
  const { url } = await redirect(() => target.url, status);
  const body = method === 'GET' || method === 'HEAD' ? null : '{"a":1}';
  const headers = { 'Content-Type': 'application/json', 'X-Trace': 't' };
  await outbound.request(url, asking({ method, headers, body }));
  const call = await target.nextCall();
  const kept = next === method && body !== null;
  expect(call.method).toBe(next);
  expect(await call.body).toBe(kept ? body : '');
  expect(call.headers['content-length']).toBe(kept ? '7' : undefined);
  expect(call.headers['content-type']).toBe(next === method ? 'application/json' : undefined);
  expect(call.headers['x-trace']).toBe('t');
});

test('a form is sent again, a stream cannot be', async () => {
  const target = await startCallee();
  const { url } = await redirect(() => target.url, 307);
  const form = new FormData();
  form.set('file', new Blob(['content']), 'a.txt');
  await outbound.request(url, asking({ method: 'POST', body: form }));
  expect(await (await target.nextCall()).body).toContain('content');
  const body = new Blob(['content']).stream();
  await expect(outbound.request(url, asking({ method: 'POST', body }))).rejects.toMatchObject({
    kind: 'failed',
    message: expect.stringContaining('a request whose body cannot be sent twice'),
  });
  expect(target.calls).toHaveLength(1);
});

const headers = {
  Authorization: 'Bearer hush',
  COOKIE: 'a=hush',
  'Proxy-Authorization': 'Basic hush',
  'X-Api-Key': 'hush',
  'X-Trace': 't',
};
const secretHeaders = ['x-api-KEY'];
const secrets = ['authorization', 'cookie', 'proxy-authorization', 'x-api-key'];

test('secrets stay within the origin, and do not come back to it', async () => {
  const callee = await startCallee((call, response) => {
    if (call.path === '/1') response.writeHead(302, { location: '/2' });
    if (call.path === '/2') response.writeHead(302, { location: other.url });
    response.end();
  });
  const other = await redirect(() => `${callee.url}/3`);
  await outbound.request(`${callee.url}/1`, asking({ headers, secretHeaders }));
  const sent = (call: Call | undefined) => secrets.filter((name) => call?.headers[name] !== undefined);
  expect([...callee.calls, ...other.calls].map((call) => [call.path, sent(call)])).toEqual([
    ['/1', secrets],
    ['/2', secrets],
    ['/3', []],
    ['/', []],
  ]);
  expect(other.calls[0]?.headers['x-trace']).toBe('t');
});

test('a header that nobody called secret is sent on', async () => {
  const target = await startCallee();
  const { url } = await redirect(() => target.url);
  await outbound.request(url, asking({ headers }));
  expect(target.calls[0]?.headers).toMatchObject({ 'x-api-key': 'hush' });
  expect(target.calls[0]?.headers).not.toHaveProperty('authorization');
});

test('from https to http on the same host: no secrets, and no body', async () => {
  const plain = await startCallee();
  const secure = await startCallee(
    (call, response) => {
      const status = call.method === 'GET' ? 302 : 307;
      response.writeHead(status, { location: `http://secure.test:${plain.port}/` }).end();
    },
    { secure: true },
  );
  outbound = createOutbound({ lookup: async () => ['127.0.0.1'] });
  const url = `https://secure.test:${secure.port}/`;
  expect(await ask(outbound, url, { headers, secretHeaders })).toBe('ok');
  expect(secure.calls[0]?.headers.authorization).toBe('Bearer hush');
  expect(Object.keys(plain.calls[0]?.headers ?? {})).not.toEqual(
    expect.arrayContaining([expect.stringMatching(/auth|cookie|key/)]),
  );
  await expect(outbound.request(url, asking({ method: 'POST', body: 'hush' }))).rejects.toMatchObject({
    kind: 'refused',
    message: expect.stringContaining('which would send its body in the clear'),
  });
  expect(plain.calls).toHaveLength(1);
});

test.each([
  [undefined, 6],
  [1, 2],
])('a loop ends after maxRedirects %s', async (maxRedirects, calls) => {
  const callee = await redirect(() => '/again');
  const options = maxRedirects === undefined ? {} : { maxRedirects };
  await expect(outbound.request(callee.url, asking(options))).rejects.toMatchObject({
    kind: 'failed',
    message: `127.0.0.1:${callee.port} led to more than ${calls - 1} redirects.`,
  });
  expect(callee.calls).toHaveLength(calls);
});

test('maxRedirects 0 returns the redirect', async () => {
  const callee = await redirect(() => 'http://10.0.0.1/');
  const answer = await outbound.request(callee.url, asking({ maxRedirects: 0 }));
  expect([answer.status, answer.headers.location, String(answer.body)]).toEqual([
    302,
    ['http://10.0.0.1/'],
    'moved',
  ]);
});

test.each([
  [300, { location: '/x' }],
  [304, { location: '/x' }],
  [302, {}],
])('%i with %j is no redirect', async (status, head) => {
  const callee = await startCallee((_, response) => response.writeHead(status, head).end());
  expect((await outbound.request(callee.url, asking())).status).toBe(status);
});

test('two different locations are an error, two equal ones are one', async () => {
  const callee = await startRawCallee((socket) => {
    socket.once('data', (data) => {
      const path = String(data).split(' ')[1];
      if (path === '/target') socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      else
        socket.end(
          `HTTP/1.1 302 Found\r\nLocation: /target\r\nLocation: ${path}\r\nContent-Length: 0\r\n\r\n`,
        );
    });
  });
  await expect(outbound.request(`${callee.url}/other`, asking())).rejects.toMatchObject({
    kind: 'failed',
    message: expect.stringContaining('redirects to several addresses at once'),
  });
  const same = await startRawCallee((socket) => {
    socket.once('data', (data) => {
      if (String(data).startsWith('GET /target '))
        socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      else
        socket.end(
          'HTTP/1.1 302 Found\r\nLocation: /target\r\nLocation: /target\r\nContent-Length: 0\r\n\r\n',
        );
    });
  });
  expect(await ask(outbound, same.url)).toBe('ok');
});

test('a location in UTF-8', async () => {
  const { url } = await startCallee((call, response) => {
    if (call.path === '/') response.writeHead(302, { location: Buffer.from('/ü').toString('latin1') });
    response.end(call.path);
  });
  expect(await ask(outbound, url)).toBe('/%C3%BC');
});

test('the endless body of a redirect is not waited for, and its connection is closed', async () => {
  const target = await startCallee();
  const endless = await startCallee((_, response) => {
    response.writeHead(302, { location: target.url });
    const write = () => {
      while (response.write(Buffer.alloc(10_000)));
    };
    response.on('drain', write);
    write();
  });
  expect(await ask(outbound, endless.url, { maxBytes: 10 })).toBe('ok');
  await (await endless.nextCall()).gone;
});
