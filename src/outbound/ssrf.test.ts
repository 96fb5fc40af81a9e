import { execFile } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { promisify } from 'node:util';
import { afterEach, expect, test } from 'vitest';
import { createOutbound } from './create-outbound.ts';
import type { Outbound } from './outbound.ts';
import { type Resolve, resolveBySystem } from './resolve-by-system.ts';
import { ask, asking, rules, startCallee } from './start-callee.fixture.ts';

let outbound: Outbound = createOutbound();

afterEach(async () => {
  await outbound.close();
  outbound = createOutbound();
});

/** A resolver that gives one answer after the other; the last one for ever. */
function answers(...all: string[][]): Resolve & { readonly asked: string[] } {
  const asked: string[] = [];
  const resolve = async (host: string) => {
    asked.push(host);
    return all[Math.min(asked.length, all.length) - 1] ?? [];
  };
  return Object.assign(resolve, { asked });
}

function using(lookup: Resolve): Outbound {
  outbound = createOutbound({ lookup });
  return outbound;
}

const refused = (address: string, range: string) => ({
  name: 'OutboundError',
  kind: 'refused',
  address,
  range,
  message: expect.stringContaining(`${range}; the owner can allow it under outbound.allow`),
});

test('the text names the host, its address, why it is refused, and who can change that', async () => {
  const literal = outbound.request('http://169.254.169.254/latest?key=hush', asking());
  await expect(literal).rejects.toThrow(
    /^169\.254\.169\.254 is a link-local address; the owner can allow it under outbound\.allow$/,
  );
  const named = using(answers(['10.0.0.5'])).request('http://intranet.example/hush', asking());
  await expect(named).rejects.toThrow(
    /^intranet\.example resolves to 10\.0\.0\.5, a private address; the owner can allow it under outbound\.allow$/,
  );
});

test.each([
  ['127.0.0.1', '127.0.0.1', 'a loopback address'],
  ['2130706433', '127.0.0.1', 'a loopback address'],
  ['0x7f000001', '127.0.0.1', 'a loopback address'],
  ['017700000001', '127.0.0.1', 'a loopback address'],
  ['0x7f.0.1', '127.0.0.1', 'a loopback address'],
  ['127.1', '127.0.0.1', 'a loopback address'],
  ['127.0.0.1.', '127.0.0.1', 'a loopback address'],
  ['①②⑦.0.0.1', '127.0.0.1', 'a loopback address'],
  ['%31%32%37.0.0.1', '127.0.0.1', 'a loopback address'],
  ['0', '0.0.0.0', 'an unspecified address'],
  ['0.0.0.0', '0.0.0.0', 'an unspecified address'],
  ['2852039166', '169.254.169.254', 'a link-local address'],
  ['169.254.169.254', '169.254.169.254', 'a link-local address'],
  ['10.0.0.1', '10.0.0.1', 'a private address'],
  ['[::]', '::', 'an unspecified address'],
  ['[::1]', '::1', 'a loopback address'],
  ['[0:0:0:0:0:0:0:1]', '::1', 'a loopback address'],
  ['[::127.0.0.1]', '::7f00:1', 'an IPv4-compatible IPv6 address'],
  ['[::ffff:127.0.0.1]', '::ffff:7f00:1', 'an IPv4-mapped IPv6 address'],
  ['[::ffff:a9fe:a9fe]', '::ffff:a9fe:a9fe', 'an IPv4-mapped IPv6 address'],
  ['[64:ff9b::127.0.0.1]', '64:ff9b::7f00:1', 'a NAT64 address'],
  ['[fd00:ec2::254]', 'fd00:ec2::254', 'a private (unique local) address'],
])('http://%s/ is refused', async (host, address, range) => {
  const { port, sockets } = await startCallee();
  const request = outbound.request(`http://${host}:${port}/`, asking({ allow: [] }));
  await expect(request).rejects.toMatchObject(refused(address, range));
  expect(sockets).toEqual([]);
});

test.each([
  ['localhost', resolveBySystem],
  ['LOCALHOST', resolveBySystem],
  // some resolvers know it, others do not
  ['localhost.', answers(['127.0.0.1'])],
])('%s is judged by what it resolves to', async (host, lookup) => {
  using(lookup);
  const { port, sockets } = await startCallee();
  const url = `http://${host}:${port}/`;
  await expect(outbound.request(url, asking({ allow: [] }))).rejects.toMatchObject({
    kind: 'refused',
    range: 'a loopback address',
  });
  expect(sockets).toEqual([]);
  expect(await ask(outbound, url, { allow: rules('localhost') })).toBe('ok');
});

test.each([
  ...[
    'file:///etc/passwd',
    'gopher://127.0.0.1:6379/_',
    'data:text/plain,x',
    'ftp://a.example/',
    'ws://a.example/',
  ],
  ...['javascript:alert(1)', 'blob:http://a.example/1', 'unix:/run/docker.sock', 'http+unix://%2Frun%2Fx/'],
])('%s: only http and https', async (url) => {
  await expect(outbound.request(url, asking())).rejects.toMatchObject({
    kind: 'refused',
    message: expect.stringMatching(/^Only http and https are allowed/),
  });
});

test.each([
  '',
  'a.example/path',
  '/path',
  'http://',
  'http://a b/',
  'http://[fe80::1%25eth0]/',
  'http://[::1/',
])('%j is no address', async (url) => {
  await expect(outbound.request(url, asking())).rejects.toMatchObject({
    kind: 'refused',
    message: 'The address is not a valid URL.',
  });
});

test.each(['http://user:hush@a.example/', 'http://hush@a.example/', 'https://:hush@a.example/'])(
  '%s: credentials do not belong in an address, and are not repeated',
  async (url) => {
    const error = await outbound.request(url, asking()).catch((error) => error);
    expect(error).toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('a.example holds credentials'),
    });
    expect(JSON.stringify([error.message, error.stack, error.cause])).not.toContain('hush');
  },
);

test('a name that resolves to a private address is not dialled', async () => {
  const { port, sockets } = await startCallee();
  const lookup = answers(['127.0.0.1']);
  const request = using(lookup).request(`http://public.example:${port}/`, asking({ allow: [] }));
  await expect(request).rejects.toMatchObject(refused('127.0.0.1', 'a loopback address'));
  expect(lookup.asked).toEqual(['public.example']);
  expect(sockets).toEqual([]);
});

// 127.0.0.2, by an exception, is the public address here: nothing leaves the machine.
test('what a name resolves to after it was judged is never dialled', async () => {
  const answer = (_: unknown, response: ServerResponse) =>
    response.setHeader('connection', 'close').end('good');
  const good = await startCallee(answer, { host: '127.0.0.2' });
  const secret = await startCallee(undefined, { port: good.port });
  const lookup = answers(['127.0.0.2'], ['127.0.0.1']);
  using(lookup);
  const url = `http://rebinding.example:${good.port}/`;
  const allow = rules('127.0.0.2');
  expect(await ask(outbound, url, { allow })).toBe('good');
  expect(lookup.asked).toHaveLength(1);
  await expect(outbound.request(url, asking({ allow }))).rejects.toMatchObject(
    refused('127.0.0.1', 'a loopback address'),
  );
  expect(lookup.asked).toHaveLength(2);
  expect(secret.sockets).toEqual([]);
});

test('of several addresses only the allowed ones are dialled', async () => {
  const good = await startCallee((_, response) => response.end('good'), { host: '127.0.0.2' });
  const secret = await startCallee(undefined, { port: good.port });
  using(answers(['127.0.0.1', '::1', '127.0.0.2', '10.0.0.1']));
  expect(await ask(outbound, `http://many.example:${good.port}/`, { allow: rules('127.0.0.2') })).toBe(
    'good',
  );
  expect(secret.sockets).toEqual([]);
});

test('when all are forbidden, the first one is named', async () => {
  using(answers(['10.0.0.1', '127.0.0.1']));
  await expect(outbound.request('http://many.example/', asking({ allow: [] }))).rejects.toMatchObject(
    refused('10.0.0.1', 'a private address'),
  );
});

test('a name without addresses', async () => {
  using(answers([]));
  await expect(outbound.request('http://none.example/', asking())).rejects.toMatchObject({
    kind: 'failed',
    message: 'Cannot find the address of none.example (ENOTFOUND).',
  });
});

test('an address with a zone id is judged without it', async () => {
  using(answers(['fe80::1%lo']));
  await expect(outbound.request('http://zone.example/', asking())).rejects.toMatchObject(
    refused('fe80::1%lo', 'a link-local address'),
  );
});

test('a public address needs no rule, by name and as such', async () => {
  // The socket is told where to go, and is stopped before it goes there.
  const dialled: unknown[] = [];
  const stop = new AbortController();
  const onSocket = (message: unknown) => {
    (message as { socket: Socket }).socket.on('lookup', (error, address) => {
      dialled.push(error ?? address);
      stop.abort('enough');
    });
  };
  subscribe('net.client.socket', onSocket);
  try {
    using(answers(['127.0.0.1', '93.184.215.14']));
    const request = outbound.request('http://public.example/', asking({ allow: [], signal: stop.signal }));
    await expect(request).rejects.toBe('enough');
    expect(dialled).toEqual(['93.184.215.14']);
  } finally {
    unsubscribe('net.client.socket', onSocket);
  }
});

test('a rule opens its address and port only, in whatever form the address is written', async () => {
  const { port, url } = await startCallee();
  const other = await startCallee();
  const allow = rules(`127.0.0.1:${port}`);
  expect(await ask(outbound, url, { allow })).toBe('ok');
  expect(await ask(outbound, `http://2130706433:${port}/`, { allow })).toBe('ok');
  expect(await ask(outbound, `http://[::ffff:127.0.0.1]:${port}/`, { allow })).toBe('ok');
  await expect(outbound.request(other.url, asking({ allow }))).rejects.toMatchObject({ kind: 'refused' });
  expect(other.sockets).toEqual([]);
});

test('a rule for an IPv6 address', async () => {
  const { port, url } = await startCallee(undefined, { host: '::1' });
  expect(await ask(outbound, url, { allow: rules(`[::1]:${port}`) })).toBe('ok');
  await expect(outbound.request(url, asking())).rejects.toMatchObject(refused('::1', 'a loopback address'));
});

test('a rule by name trusts that name with any address, and no other name with the same address', async () => {
  const { port, calls } = await startCallee();
  const lookup = answers(['127.0.0.1']);
  using(lookup);
  const allow = rules(`intranet.example:${port}`, '*.corp.example');
  expect(await ask(outbound, `http://Intranet.example.:${port}/`, { allow })).toBe('ok');
  expect(await ask(outbound, `http://a.b.corp.example:${port}/`, { allow })).toBe('ok');
  for (const url of [
    `http://other.example:${port}/`,
    `http://corp.example:${port}/`,
    `http://127.0.0.1:${port}/`,
  ]) {
    await expect(outbound.request(url, asking({ allow }))).rejects.toMatchObject({ kind: 'refused' });
  }
  await expect(outbound.request('http://intranet.example:1/', asking({ allow }))).rejects.toMatchObject({
    kind: 'refused',
  });
  expect(calls).toHaveLength(2);
});

test('proxies of the environment are not used', async () => {
  const proxy = await startCallee((_, response) => response.end('proxy'));
  const callee = await startCallee();
  const script = `
    import { createOutbound } from ${JSON.stringify(new URL('./create-outbound.ts', import.meta.url).href)};
    const allow = [{ kind: 'range', network: '127.0.0.1', bits: 32, port: null }];
    const timeouts = { connectMs: 5000, readMs: 5000, totalMs: 5000 };
    const options = { allow, timeouts, maxBytes: 100, signal: new AbortController().signal };
    const outbound = createOutbound();
    console.log(String((await outbound.request('${callee.url}', options)).body));
    console.log(await (await outbound.fetch(allow)('${callee.url}')).text());
    const headers = { authorization: 'NTLM x' };
    console.log(String((await outbound.request('${callee.url}', { ...options, headers })).body));
  `;
  const env = { HTTP_PROXY: proxy.url, http_proxy: proxy.url, ALL_PROXY: proxy.url, NODE_USE_ENV_PROXY: '1' };
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { env });
  expect(stdout).toBe('ok\nok\nok\n');
  expect(proxy.sockets).toEqual([]);
});
