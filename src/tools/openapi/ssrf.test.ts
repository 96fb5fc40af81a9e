import { describe, expect, test } from 'vitest';
import { createOutbound } from '../../outbound/create-outbound.ts';
import { rules, startCallee } from '../../outbound/start-callee.fixture.ts';
import { toolContext } from '../tool-context.fixture.ts';
import { callTool, providerOf } from './call-tool.fixture.ts';
import { documentOf, entryOf, getOf, postOf } from './documents.fixture.ts';
import { openApiProvider } from './openapi-provider.ts';

const paths = { '/a': getOf([{ name: 'q', in: 'query', schema: { type: 'string' } }]) };
const REFUSED = { name: 'ToolError', kind: 'failed' };
const SECRETS = ['hush-header-0123456789', 'hush-query-0123456789', 'hush-bearer-0123456789'];
const entry = {
  headers: { 'X-Key': SECRETS[0] ?? '', authorization: `Bearer ${SECRETS[2]}` },
  query: { key: SECRETS[1] ?? '' },
};

describe('a private server', () => {
  test('of a document that the owner chose is reached, on that port only', async () => {
    const other = await startCallee();
    const callee = await startCallee((call, response) =>
      call.path.startsWith('/a')
        ? response.writeHead(302, { location: other.url }).end()
        : response.end('ok'),
    );
    const provider = providerOf(documentOf(callee.url, { ...paths, '/b': getOf([], { operationId: 'b' }) }));
    expect(await callTool(provider, {}, { tool: 'b' })).toEqual([{ kind: 'text', text: 'ok' }]);
    await expect(callTool(provider, {})).rejects.toMatchObject({
      ...REFUSED,
      message: `After a redirect from 127.0.0.1:${callee.port}: 127.0.0.1 is a loopback address; the owner can allow it under outbound.allow`,
    });
    expect(other.sockets).toEqual([]);
  });

  test('by its name as well', async () => {
    const callee = await startCallee();
    const outbound = createOutbound({ lookup: async () => ['127.0.0.1'] });
    const provider = openApiProvider(entryOf(documentOf(`http://internal.example:${callee.port}`, paths)), {
      outbound,
    });
    expect(await callTool(provider, {})).toEqual([{ kind: 'text', text: 'ok' }]);
    await outbound.close();
  });

  test('of a base URL is reached, those of the document are not asked', async () => {
    const callee = await startCallee();
    const provider = providerOf(documentOf('http://10.0.0.1', paths), { baseUrl: `${callee.url}/v1` });
    await callTool(provider, {});
    expect((await callee.nextCall()).path).toBe('/v1/a');
  });

  test('that a document from an address names is not, unless it is the one that the document comes from', async () => {
    const service = await startCallee();
    const host = await startCallee((call, response) =>
      call.path === '/openapi.json'
        ? response.end(JSON.stringify(documentOf(service.url, paths)))
        : response.end('same'),
    );
    const document = (url: string) => ({ document: { kind: 'address', url } as const });
    const provider = providerOf('', document(`${host.url}/openapi.json`));
    await expect(callTool(provider, {})).rejects.toMatchObject({
      ...REFUSED,
      message: '127.0.0.1 is a loopback address; the owner can allow it under outbound.allow',
    });
    expect(service.sockets).toEqual([]);
    // The app's own exceptions hold here as everywhere.
    expect(await callTool(provider, {}, { allow: rules(`127.0.0.1:${service.port}`) })).toEqual([
      { kind: 'text', text: 'ok' },
    ]);
    const relative = await startCallee((call, response) =>
      call.path === '/docs/openapi.json'
        ? response.end(JSON.stringify(documentOf('../api', paths)))
        : response.end(call.path),
    );
    const own = providerOf('', document(`${relative.url}/docs/openapi.json`));
    expect(await callTool(own, {})).toEqual([{ kind: 'text', text: '/api/a' }]);
  });

  test('is not, when it is link-local: those are for clouds, and no document may lead there', async () => {
    for (const server of ['http://169.254.169.254/latest', 'http://[fd00:ec2::254]/', 'http://[fe80::1]/'])
      await expect(callTool(providerOf(documentOf(server, paths), entry), {})).rejects.toMatchObject({
        ...REFUSED,
        message: expect.stringContaining('the owner can allow it under outbound.allow'),
      });
    const callee = await startCallee();
    const outbound = createOutbound({ lookup: async () => ['169.254.169.254'] });
    const named = entryOf(documentOf(`http://internal.example:${callee.port}`, paths));
    await expect(callTool(openApiProvider(named, { outbound }), {})).rejects.toMatchObject({
      ...REFUSED,
      message: expect.stringContaining('internal.example resolves to 169.254.169.254, a link-local address'),
    });
    await outbound.close();
  });

  test('that the address of a document redirects to is not', async () => {
    const other = await startCallee();
    const host = await startCallee((_, response) => response.writeHead(302, { location: other.url }).end());
    const provider = providerOf('', {
      document: { kind: 'address', url: `${host.url}/openapi.json?key=hush` },
    });
    const failure = provider.list(new AbortController());
    await expect(failure).rejects.toMatchObject({
      ...REFUSED,
      message: `${host.url}/openapi.json: the document cannot be had: After a redirect from 127.0.0.1:${host.port}: 127.0.0.1 is a loopback address; the owner can allow it under outbound.allow`,
    });
    expect(other.sockets).toEqual([]);
  });
});

test.each([
  ...['http://169.254.169.254/latest/meta-data/', 'http://[::ffff:169.254.169.254]/', 'http://2852039166/'],
  ...['http://10.0.0.1/', 'file:///etc/passwd', 'http://u:p@a.example/'],
])('a redirect to %s is refused, whatever comes with it', async (location) => {
  const callee = await startCallee((_, response) => response.writeHead(307, { location }).end());
  const provider = providerOf(documentOf(callee.url, { '/a': postOf('text/plain', {}) }), entry);
  const failure = await callTool(provider, { body: 'x' }).catch((error) => error);
  expect(failure).toMatchObject(REFUSED);
  for (const secret of SECRETS)
    expect(JSON.stringify([failure.message, failure.cause?.message])).not.toContain(secret);
});

describe("the owner's credentials", () => {
  const secured = { components: { securitySchemes: { k: { type: 'http', scheme: 'bearer' } } } };
  test.each([[{ ...entry }], [{ query: { key: 'k' } }], [{ secrets: { WEATHER__K: 'k' } }]])(
    'do not go to another server that a document from an address names: %#',
    async (own) => {
      const service = await startCallee();
      const document = documentOf(
        service.url,
        { '/a': getOf([], 'secrets' in own ? { security: [{ k: [] }] } : {}) },
        secured,
      );
      const host = await startCallee((_, response) => response.end(JSON.stringify(document)));
      const from = { document: { kind: 'address', url: `${host.url}/openapi.json?token=1` } as const };
      const allow = rules('127.0.0.1');
      await expect(callTool(providerOf('', { ...from, ...own }), {}, { allow })).rejects.toMatchObject({
        name: 'ToolError',
        kind: 'credentials',
        message: `the credentials of weather go to ${host.url}, where its document is, and not to ${service.url}, which the document names; if they are for that server, set base_url of the tool weather in parley.yml`,
      });
      expect(service.sockets).toEqual([]);
      // Said by the owner, they do.
      const told = providerOf('', { ...from, ...own, baseUrl: service.url });
      expect(await callTool(told, {}, { allow })).toEqual([{ kind: 'text', text: 'ok' }]);
      // Nothing is kept back where there is nothing.
      const none = providerOf('', { ...from, headers: { 'User-Agent': 'me' } });
      if (!('secrets' in own)) await callTool(none, {}, { allow });
    },
  );

  test('do not follow a redirect to another origin', async () => {
    const other = await startCallee();
    const callee = await startCallee((call, response) =>
      call.path.startsWith('/a')
        ? response.writeHead(302, { location: '/b?x=1' }).end()
        : response.writeHead(302, { location: `${other.url}/c` }).end(),
    );
    const provider = providerOf(documentOf(callee.url, paths), entry);
    expect(await callTool(provider, { q: 'words' }, { allow: rules('127.0.0.1') })).toEqual([
      { kind: 'text', text: 'ok' },
    ]);
    await callee.nextCall();
    expect((await callee.nextCall()).headers).toMatchObject({
      'x-key': SECRETS[0],
      authorization: `Bearer ${SECRETS[2]}`,
    });
    const call = await other.nextCall();
    expect(call.path).toBe('/c');
    for (const secret of SECRETS) expect(JSON.stringify([call.headers, call.path])).not.toContain(secret);
  });

  test.each([
    ['as it is', (path: string) => path],
    ['encoded', (path: string) => `/?from=${encodeURIComponent(path)}`],
  ])('stay when the service repeats its query in the address, %s', async (_, shown) => {
    const other = await startCallee();
    const callee = await startCallee((call, response) =>
      response.writeHead(307, { location: `${other.url}${shown(call.path)}` }).end(),
    );
    const provider = providerOf(documentOf(callee.url, paths), { query: { key: 'a b/c+d&0123456789' } });
    const failure = callTool(provider, {}, { allow: rules('127.0.0.1') });
    await expect(failure).rejects.toMatchObject({
      ...REFUSED,
      message: `127.0.0.1:${callee.port} redirects to 127.0.0.1:${other.port} with the owner's credentials in the address, which are not sent there`,
    });
    expect(other.sockets).toEqual([]);
  });

  test('stay with their origin for good', async () => {
    const callee = await startCallee((call, response) =>
      call.path.startsWith('/a')
        ? response.writeHead(302, { location: other.url }).end()
        : response.end('back'),
    );
    const other = await startCallee((_, response) =>
      response.writeHead(302, { location: `${callee.url}/back` }).end(),
    );
    const provider = providerOf(documentOf(callee.url, paths), { headers: entry.headers });
    await callTool(provider, {}, { allow: rules('127.0.0.1') });
    await callee.nextCall();
    expect((await callee.nextCall()).headers).not.toHaveProperty('x-key');
  });
});

test('redirects come to an end', async () => {
  const callee = await startCallee((_, response) => response.writeHead(302, { location: '/a' }).end());
  await expect(callTool(providerOf(documentOf(callee.url, paths)), {})).rejects.toMatchObject({
    ...REFUSED,
    message: `127.0.0.1:${callee.port} led to more than 5 redirects`,
  });
  expect(callee.calls).toHaveLength(6);
});

test('nothing that went wrong shows a credential', async () => {
  const callee = await startCallee((_, response) => response.destroy());
  const outbound = createOutbound();
  const [tool] = await openApiProvider(entryOf(documentOf(callee.url, paths), entry), { outbound }).list(
    new AbortController(),
  );
  const failure = await tool?.invoke({}, toolContext({ allow: [] })).catch((error: Error) => error);
  const told = JSON.stringify([
    failure,
    (failure as Error).message,
    (failure as Error).stack,
    String((failure as Error).cause),
  ]);
  for (const secret of SECRETS) expect(told).not.toContain(secret);
  await outbound.close();
});
