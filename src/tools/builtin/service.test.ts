import { expect, onTestFinished, test, vi } from 'vitest';
import { parseOutboundRule } from '../../config/parse-outbound-rule.ts';
import { createOutbound } from '../../outbound/create-outbound.ts';
import type { Outbound } from '../../outbound/outbound.ts';
import { OutboundError } from '../../outbound/outbound-error.ts';
import type { Resolve } from '../../outbound/resolve-by-system.ts';
import { rules, startCallee } from '../../outbound/start-callee.fixture.ts';
import { toolContext } from '../tool-context.fixture.ts';
import type { BuiltinSettings } from './builtin-parts.ts';
import { createService, jsonOf, type Service, type ServiceOptions } from './service.ts';

const options: ServiceOptions = { title: 'Example', origin: 'https://api.example', takesKey: true };
const nowhere = toolContext({ allow: [] });

function outbound(lookup?: Resolve): Outbound {
  const created = createOutbound(lookup === undefined ? {} : { lookup });
  onTestFinished(() => created.close());
  return created;
}

function service(settings: Partial<BuiltinSettings>, given: Partial<ServiceOptions> = {}): Service {
  const all = { name: 'example', apiKey: null, baseUrl: null, timeoutMs: null, ...settings };
  return createService(outbound(), all, { ...options, ...given });
}

test('the public address, where the owner has set no other', async () => {
  const lookup = vi.fn<Resolve>(async () => []);
  const settings = { name: 'example', apiKey: null, baseUrl: null, timeoutMs: null };
  const asked = createService(outbound(lookup), settings, options).ask('/v1', {}, nowhere);
  await expect(asked).rejects.toBeInstanceOf(OutboundError);
  expect(lookup).toHaveBeenCalledWith('api.example');
});

test('path and query go after the owner’s address; what is empty is left out', async () => {
  const callee = await startCallee();
  const { ask } = service({ baseUrl: `${callee.url}/prefix` });
  await ask('/v1/x', { query: { q: 'a b&c', none: undefined, empty: '' } }, nowhere);
  await ask('/v1?x=1', { query: { q: '1' } }, nowhere);
  await ask('/v1', {}, nowhere);
  expect(callee.calls.map(({ path }) => path)).toEqual([
    '/prefix/v1/x?q=a+b%26c',
    '/prefix/v1?x=1&q=1',
    '/prefix/v1',
  ]);
});

test('the owner’s address may be reached wherever it is, by number and by name', async () => {
  const callee = await startCallee();
  for (const host of ['127.0.0.1', 'localhost']) {
    const { ask } = service({ baseUrl: `http://${host}:${callee.port}` });
    expect((await ask('/', {}, nowhere)).status).toBe(200);
  }
});

test('but only at its port', async () => {
  const other = await startCallee();
  const callee = await startCallee((_, response) => {
    response.writeHead(302, { location: `${other.url}/` }).end();
  });
  const { ask } = service({ baseUrl: callee.url });
  await expect(ask('/', {}, nowhere)).rejects.toMatchObject({ kind: 'refused', range: 'a loopback address' });
  expect(other.sockets).toEqual([]);
  // Unless the app may go there anyway.
  const open = toolContext({ allow: rules(`127.0.0.1:${other.port}`) });
  expect((await ask('/', {}, open)).status).toBe(200);
});

test('a redirect on the owner’s host is followed', async () => {
  const callee = await startCallee(({ path }, response) => {
    if (path === '/') response.writeHead(301, { location: '/there/' }).end();
    else response.end(path);
  });
  const { body } = await service({ baseUrl: callee.url }).ask('/', {}, nowhere);
  expect(body.toString()).toBe('/there/');
});

test('a redirect to where nobody may go is refused', async () => {
  const callee = await startCallee((_, response) => {
    response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data' }).end();
  });
  await expect(service({ baseUrl: callee.url }).ask('/', {}, nowhere)).rejects.toMatchObject({
    kind: 'refused',
    address: '169.254.169.254',
  });
});

test('an address that no rule can name is not trusted', () => {
  expect(parseOutboundRule('a-.example:80')).toBeUndefined();
  expect(() => service({ baseUrl: 'http://a-.example' })).not.toThrow();
});

test.each([
  [401, 'secret-key', 'Example refused the key: set api_key of the tool "example" in parley.yml.'],
  [403, null, 'Example wants a key: set api_key of the tool "example" in parley.yml.'],
])('status %i is a matter of the key', async (status, apiKey, message) => {
  const callee = await startCallee((_, response) => {
    response.writeHead(status).end(`wrong key ${apiKey}`);
  });
  const asked = service({ baseUrl: callee.url, apiKey }).ask('/', {}, nowhere);
  await expect(asked).rejects.toMatchObject({ kind: 'credentials', message });
});

test('unless the service takes none', async () => {
  const callee = await startCallee((_, response) => {
    response.writeHead(403).end('go away');
  });
  const { ask } = service({ baseUrl: callee.url }, { takesKey: false, hints: { 403: 'Ask its owner.' } });
  await expect(ask('/', {}, nowhere)).rejects.toMatchObject({
    kind: 'failed',
    message: 'Example answered with status 403: go away. Ask its owner.',
  });
});

test('an error says what the service said, at most so much, and never the key', async () => {
  const key = 'se cret/key';
  const callee = await startCallee((_, response) => {
    response.writeHead(400).end(`no\n\n such  field ${key} ${encodeURIComponent(key)} ${'x'.repeat(10_000)}`);
  });
  const asked = service({ baseUrl: callee.url, apiKey: key }).ask('/', {}, nowhere);
  const error = await asked.catch((reason: unknown) => reason as Error);
  expect(error).toMatchObject({ kind: 'failed' });
  const { message } = error as Error;
  expect(message).toMatch(/^Example answered with status 400: no such field \*\*\* \*\*\* x+$/);
  expect(message.length).toBeLessThan(600);
});

test.each([429, 500, 503])('after status %i it asks again, as often as it may', async (status) => {
  const callee = await startCallee((_, response) => {
    response.writeHead(callee.calls.length < 3 ? status : 200).end('ok');
  });
  const { ask } = service({ baseUrl: callee.url });
  expect((await ask('/', { retries: 2 }, nowhere)).body.toString()).toBe('ok');
  expect(callee.calls).toHaveLength(3);
});

test('it gives up in the end, and at once when it is refused', async () => {
  const callee = await startCallee(({ path }, response) => {
    response.writeHead(Number(path.slice(1))).end('no');
  });
  const { ask } = service({ baseUrl: callee.url });
  await expect(ask('/502', { retries: 1 }, nowhere)).rejects.toMatchObject({
    message: 'Example answered with status 502: no',
  });
  expect(callee.calls).toHaveLength(2);
  await expect(ask('/429', {}, nowhere)).rejects.toMatchObject({
    message: 'Example answered with status 429: too many requests for now',
  });
  await expect(ask('/404', { retries: 5 }, nowhere)).rejects.toMatchObject({ kind: 'failed' });
  expect(callee.calls).toHaveLength(4);
});

test('an address that cannot be reached is asked again, too', async () => {
  const callee = await startCallee(({ socket }, response) => {
    if (callee.calls.length < 2) socket.destroy();
    else response.end('ok');
  });
  const { ask } = service({ baseUrl: callee.url });
  expect((await ask('/', { retries: 1 }, nowhere)).status).toBe(200);
});

test('a stop closes the connection, and ends a pause between two attempts', async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const callee = await startCallee((call, response) => {
    if (call.path === '/slow') response.write('…');
    else response.writeHead(500).end();
  });
  const { ask } = service({ baseUrl: callee.url });
  const slow = ask('/slow', {}, toolContext({ allow: [], signal }));
  const failing = ask('/failing', { retries: 5 }, toolContext({ allow: [], signal }));
  const calls = [await callee.nextCall(), await callee.nextCall()];
  controller.abort('stop');
  await expect(slow).rejects.toBe('stop');
  await expect(failing).rejects.toBe('stop');
  await calls.find(({ path }) => path === '/slow')?.gone;
  expect(callee.calls).toHaveLength(2);
});

test('an answer has its limit', async () => {
  const callee = await startCallee((_, response) => {
    response.end(Buffer.alloc(3 * 1024 * 1024));
  });
  const asked = service({ baseUrl: callee.url }).ask('/', {}, nowhere);
  await expect(asked).rejects.toMatchObject({ kind: 'too_large' });
});

test('what is no JSON', async () => {
  const callee = await startCallee();
  const response = await service({ baseUrl: callee.url }).ask('/', {}, nowhere);
  expect(() => jsonOf(response, 'Example')).toThrow(
    expect.objectContaining({ kind: 'failed', message: 'Example answered what is no JSON.' }),
  );
});
