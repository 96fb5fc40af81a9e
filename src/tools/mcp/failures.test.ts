import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { rules, startCallee } from '../../outbound/start-callee.fixture.ts';
import { ToolError } from '../tool-error.ts';
import { http, never, testProvider } from './mcp-provider.fixture.ts';
import { echoTool, type SeenRequest, startMcpServer } from './mcp-server.fixture.ts';

const list = () => ({ tools: [echoTool()] });

function has(request: SeenRequest, method: string): boolean {
  return request.messages.some((message) => message.method === method);
}

/** The error of a list. */
async function failure(provider: { names(): Promise<unknown> }): Promise<ToolError> {
  const error = await provider.names().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ToolError);
  return error as ToolError;
}

const protocols = ['streamable', 'sse'] as const;

test.each(['mcp', 'sse'])('a server that is not there (/%s)', async (path) => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const error = await failure(testProvider(`http://127.0.0.1:${port}/${path}`));
  expect(error).toMatchObject({
    kind: 'failed',
    message: `Cannot connect to 127.0.0.1:${port} (ECONNREFUSED).`,
  });
});

test.each([401, 403])('a server that answers %d wants credentials', async (status) => {
  for (const protocol of protocols) {
    const server = await startMcpServer(
      { list, http: (_, response) => Boolean(response.writeHead(status).end('secret-header')) },
      { protocol },
    );
    const error = await failure(testProvider(http(server.url, { 'x-key': 'secret-header' })));
    expect(error.kind).toBe('credentials');
    expect(error.message).toBe(
      `the MCP server answered with the status ${status}: it wants credentials, or refuses those it was given`,
    );
    // Not tried in another way.
    expect(server.requests).toHaveLength(1);
  }
});

test.each(protocols)('a server that hangs at initialize is given up in time (%s)', async (protocol) => {
  const server = await startMcpServer({ list, http: () => true }, { protocol });
  const provider = testProvider(server.url, { limits: { connectMs: 100, retryMs: 60_000 } });
  const first = failure(provider);
  await expect.poll(() => server.requests.length).toBe(1);
  const closed = new Promise((resolve) => server.requests[0]?.socket.once('close', resolve));
  expect(await first).toMatchObject({
    kind: 'timeout',
    message: 'the MCP server did not answer within 0.1 s',
  });
  await closed;
  // The failure is remembered: nobody else waits for it.
  expect(await failure(provider)).toMatchObject({ kind: 'timeout' });
  expect(server.requests).toHaveLength(1);
});

test('a failure is not remembered for long', async () => {
  let broken = true;
  const server = await startMcpServer({
    list,
    http: (_, response) => broken && Boolean(response.writeHead(500).end()),
  });
  const provider = testProvider(server.url, { limits: { retryMs: 0 } });
  expect(await failure(provider)).toMatchObject({ message: 'the MCP server answered with the status 500' });
  broken = false;
  expect(await provider.names()).toEqual(['echo']);
});

test('a server that hangs at list is given up in time, and told so', async () => {
  const server = await startMcpServer({ list, http: (request) => has(request, 'tools/list') });
  const provider = testProvider(server.url, { limits: { listMs: 100 } });
  expect(await failure(provider)).toMatchObject({
    kind: 'timeout',
    message: 'the MCP server did not list its tools within 0.1 s',
  });
  await server.seen('notifications/cancelled');
});

test('an abort ends the wait of one caller, and not the attempt of all', async () => {
  const release = Promise.withResolvers<void>();
  const server = await startMcpServer({
    list: async () => {
      await release.promise;
      return list();
    },
  });
  const provider = testProvider(server.url);
  const controller = new AbortController();
  const reason = new Error('gone');
  const one = provider.list({ signal: controller.signal });
  const other = provider.names();
  await server.seen('tools/list');
  controller.abort(reason);
  await expect(one).rejects.toBe(reason);
  release.resolve();
  expect(await other).toEqual(['echo']);
  await expect(provider.list({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});

test('an abort while a server is connected to ends the wait at once', async () => {
  const server = await startMcpServer({ http: () => true });
  const controller = new AbortController();
  const wait = testProvider(server.url).list({ signal: controller.signal });
  await expect.poll(() => server.requests.length).toBe(1);
  controller.abort(new Error('gone'));
  await expect(wait).rejects.toThrow('gone');
});

test('an error of the protocol keeps the words of the server, bounded and without what it was told', async () => {
  const server = await startMcpServer({
    list,
    call: () => {
      throw new Error(`no: tok-12345 ${'x'.repeat(5_000)}`);
    },
  });
  const provider = testProvider(http(server.url, { authorization: 'Bearer tok-12345' }));
  const error = await provider.call('echo', { text: '' }).catch((thrown) => thrown);
  expect(error).toMatchObject({ name: 'ToolError', kind: 'failed' });
  expect(error.message).toMatch(
    /^the MCP server answered with an error: (MCP error -?\d+: )?no: \*\*\* x+…$/,
  );
  expect(error.message.length).toBeLessThan(600);
});

test.each([
  ['JSON-RPC', '{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"too many"}}', ': too many'],
  ['text', 'try later', ': try later'],
  ['HTML', '<html><body>oops</body></html>', ''],
])('a status with %s', async (_, body, reason) => {
  const server = await startMcpServer({ http: (_, response) => Boolean(response.writeHead(503).end(body)) });
  const error = await failure(testProvider(server.url));
  expect(error.message).toBe(`the MCP server answered with the status 503${reason}`);
});

test.each([
  ['a page', 'text/html', '<html>'],
  ['what is no JSON', 'application/json', '{'],
  ['what is no JSON-RPC', 'application/json', '{"hello":1}'],
  [
    'a result that is none',
    'application/json',
    '{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":7,"capabilities":{},"serverInfo":{"name":"a","version":"1"}}}',
  ],
])('a server that answers with %s', async (_, type, body) => {
  const callee = await startCallee((_, response) => response.setHeader('content-type', type).end(body));
  const error = await failure(testProvider(callee.url));
  expect(error).toMatchObject({ kind: 'failed', message: 'the MCP server sent what is not MCP' });
});

test('a version of the protocol that nobody knows', async () => {
  const body =
    '{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"1999-01-01","capabilities":{},"serverInfo":{"name":"a","version":"1"}}}';
  const callee = await startCallee((_, response) =>
    response.setHeader('content-type', 'application/json').end(body),
  );
  const error = await failure(testProvider(callee.url));
  expect(error.message).toBe("the MCP server: Server's protocol version is not supported: 1999-01-01");
});

test('a stream of an answer that ends without one ends the call', async () => {
  const server = await startMcpServer({
    list,
    http: (request, response) => {
      if (!has(request, 'tools/call')) return false;
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end(': nothing\n\n');
      return true;
    },
  });
  await expect(testProvider(server.url).call('echo', { text: '' })).rejects.toMatchObject({
    kind: 'failed',
    message: 'the connection to the MCP server was lost before it answered',
  });
});

test('a header that cannot be sent is not repeated in the error', async () => {
  const provider = testProvider(http('http://127.0.0.1:1/mcp', { 'x-key': 'secret\nkey' }));
  const error = await failure(provider);
  expect(error.kind).toBe('failed');
  expect(error.message).not.toContain('secret');
});

test('the address of an untrusted server is judged by the guard', async () => {
  const server = await startMcpServer({ list });
  const refused = testProvider(server.url, { trusted: false });
  expect(await failure(refused)).toMatchObject({
    kind: 'failed',
    message: expect.stringMatching(/127\.0\.0\.1.*loopback/),
    cause: expect.objectContaining({ name: 'OutboundError', kind: 'refused' }),
  });
  expect(server.requests).toEqual([]);
  const allowed = testProvider(server.url, { trusted: false, allow: rules(`127.0.0.1:${server.port}`) });
  expect(await allowed.names()).toEqual(['echo']);
});

test.each(['not a url', 'file:///etc/passwd', 'http://user:pass-word@127.0.0.1/'])(
  'an address that is none: %s',
  async (url) => {
    const error = await failure(testProvider(url, { trusted: false }));
    expect(error.kind).toBe('failed');
    expect(error.message).not.toContain('pass-word');
  },
);

test.each(['/mcp', '/sse'])(
  'a redirect of a trusted server to another one is not followed (%s)',
  async (path) => {
    const other = await startCallee();
    for (const target of ['http://169.254.169.254/latest/meta-data?t=secret', `${other.url}/mcp`]) {
      const callee = await startCallee((_, response) => response.writeHead(307, { location: target }).end());
      const error = await failure(
        testProvider(http(`${callee.url}${path}`, { authorization: 'Bearer abcd' })),
      );
      expect(error).toMatchObject({
        kind: 'failed',
        message: `the MCP server redirects to ${new URL(target).origin}, where it is not followed`,
      });
    }
    expect(other.calls).toEqual([]);
  },
);

test('a redirect within the server is followed', async () => {
  const server = await startMcpServer({
    list,
    http: ({ path }, response) =>
      path === '/old' && Boolean(response.writeHead(308, { location: '/mcp' }).end()),
  });
  expect(await testProvider(server.url.replace('/mcp', '/old')).names()).toEqual(['echo']);
});

test('an SSE server may not send its messages to another server', async () => {
  const other = await startCallee();
  const callee = await startCallee((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(`event: endpoint\ndata: ${other.url}/messages\n\n`);
  });
  const error = await failure(testProvider(`${callee.url}/sse`));
  expect(error.message).toContain('Endpoint origin does not match');
  expect(other.calls).toEqual([]);
});

test.each([
  [404, '/mcp'],
  [405, '/mcp'],
  [400, '/anything'],
])('after %d at %s, SSE is tried', async (status, path) => {
  const sse = await startMcpServer({ list }, { protocol: 'sse' });
  const url = sse.url.replace('/sse', path);
  const { requests } = sse;
  const refusing = await startMcpServer(
    {
      list,
      http: (request, response) =>
        request.method === 'POST' &&
        request.path === path &&
        Boolean(response.writeHead(status).end('Bad Request')),
    },
    { protocol: 'sse' },
  );
  expect(await testProvider(refusing.url.replace('/sse', path)).names()).toEqual(['echo']);
  expect(refusing.requests.map(({ method }) => method).slice(0, 2)).toEqual(['POST', 'GET']);
  // Without a status of its own, this one answers 405.
  expect(await testProvider(url).names()).toEqual(['echo']);
  expect(requests[0]?.method).toBe('POST');
});

test('an address that ends in /sse is tried over SSE first, then in the other way', async () => {
  const old = await startMcpServer({ list }, { protocol: 'sse' });
  await testProvider(old.url).names();
  expect(old.requests[0]?.method).toBe('GET');
  const current = await startMcpServer({ list });
  expect(await testProvider(current.url.replace('/mcp', '/sse')).names()).toEqual(['echo']);
  expect(current.requests.map(({ method }) => method).slice(0, 2)).toEqual(['GET', 'POST']);
});

test('when no way works, the error is of the first', async () => {
  const callee = await startCallee((_, response) => response.writeHead(404).end('no such page'));
  const error = await failure(testProvider(`${callee.url}/mcp`));
  expect(error.message).toBe('the MCP server answered with the status 404: no such page');
  expect(callee.calls.map(({ method }) => method)).toEqual(['POST', 'GET']);
});

test('what does not speak HTTP', async () => {
  const server = createTcpServer((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n')).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const error = await failure(testProvider(`http://127.0.0.1:${port}/mcp`));
  expect(error.message).toMatch(/sent an answer that is not HTTP/);
});

test('a closed provider opens nothing', async () => {
  const server = await startMcpServer({ list });
  const provider = testProvider(server.url);
  await provider.close();
  await expect(provider.list({ signal: never })).rejects.toMatchObject({ name: 'ToolError' });
  expect(server.requests).toEqual([]);
});
