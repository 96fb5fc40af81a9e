import { expect, test } from 'vitest';
import { http, isAlive, never, stdio, type TestProvider, testProvider } from './mcp-provider.fixture.ts';
import { echoTool, type Script, type SeenRequest, saying, startMcpServer } from './mcp-server.fixture.ts';

const echo: Script = { list: () => ({ tools: [echoTool()] }), call: (_, args) => saying(String(args.text)) };

function count(requests: readonly SeenRequest[], method: string): number {
  return requests.filter(({ messages }) => messages.some((message) => message.method === method)).length;
}

test.each(['streamable', 'sse'] as const)(
  'calls go on after the server was started anew (%s)',
  async (protocol) => {
    const first = await startMcpServer(echo, { protocol });
    const provider = testProvider(first.url, { limits: { retryMs: 0 } });
    expect(await provider.call('echo', { text: 'a' })).toEqual([{ kind: 'text', text: 'a' }]);
    await first.close();
    await expect(provider.call('echo', { text: 'b' })).rejects.toMatchObject({
      name: 'ToolError',
      kind: 'failed',
    });
    const second = await startMcpServer(echo, { protocol, port: first.port });
    // The end of a connection may be learnt of only with the next call.
    await expect
      .poll(() => provider.call('echo', { text: 'c' }).catch(() => null))
      .toEqual([{ kind: 'text', text: 'c' }]);
    expect(count(second.requests, 'initialize')).toBe(1);
  },
);

test('a forgotten session is opened again within the call', async () => {
  const server = await startMcpServer(echo);
  const provider = testProvider(server.url, { limits: { refreshGapMs: 0 } });
  await provider.names();
  server.forgetSessions();
  const answers = await Promise.all(['b', 'c'].map((text) => provider.call('echo', { text })));
  expect(answers).toEqual([[{ kind: 'text', text: 'b' }], [{ kind: 'text', text: 'c' }]]);
  expect(count(server.requests, 'initialize')).toBe(2);
  // What was learnt of the server before is asked for again, behind the next answer.
  await provider.names();
  await expect.poll(() => count(server.requests, 'tools/list')).toBe(2);
});

test.each(['Bad Request: No valid session ID provided', 'Bad Request: Server not initialized'])(
  'a session is also lost when the server says: %s',
  async (text) => {
    let lost = false;
    const server = await startMcpServer({
      ...echo,
      http: (request, response) => {
        if (!lost || count([request], 'tools/call') === 0) return false;
        lost = false;
        response.writeHead(400).end(text);
        return true;
      },
    });
    const provider = testProvider(server.url);
    await provider.names();
    lost = true;
    expect(await provider.call('echo', { text: 'b' })).toEqual([{ kind: 'text', text: 'b' }]);
    expect(count(server.requests, 'initialize')).toBe(2);
  },
);

test('a session that is lost again and again is an error', async () => {
  const server = await startMcpServer({
    ...echo,
    http: (request, response) =>
      count([request], 'tools/call') > 0 && Boolean(response.writeHead(404).end('Session not found')),
  });
  await expect(testProvider(server.url).call('echo', { text: 'b' })).rejects.toMatchObject({
    name: 'ToolError',
    kind: 'failed',
    message: 'the MCP server answered with the status 404',
  });
  expect(count(server.requests, 'tools/call')).toBe(2);
});

test('another refusal of a call is no lost session, and the call is made once', async () => {
  const server = await startMcpServer({
    ...echo,
    http: (request, response) =>
      count([request], 'tools/call') > 0 && Boolean(response.writeHead(400).end('no such city')),
  });
  await expect(testProvider(server.url).call('echo', { text: 'b' })).rejects.toMatchObject({
    message: 'the MCP server answered with the status 400: no such city',
  });
  expect(count(server.requests, 'tools/call')).toBe(1);
});

test.each(['streamable', 'sse'] as const)(
  'a connection that breaks in the middle of a call fails it, which is not made again (%s)',
  async (protocol) => {
    const begun = Promise.withResolvers<void>();
    const server = await startMcpServer(
      {
        ...echo,
        call: (_, args) => {
          if (args.text !== 'slow') return saying(String(args.text));
          begun.resolve();
          return new Promise(() => {});
        },
      },
      { protocol },
    );
    const provider = testProvider(server.url);
    const call = provider.call('echo', { text: 'slow' });
    call.catch(() => {});
    await begun.promise;
    server.forgetSessions();
    server.breakConnections();
    await expect(call).rejects.toMatchObject({
      name: 'ToolError',
      kind: 'failed',
      message: expect.stringMatching(/lost before it answered|closed the connection before/),
    });
    expect(await provider.call('echo', { text: 'b' })).toEqual([{ kind: 'text', text: 'b' }]);
    expect(count(server.requests, 'tools/call')).toBe(2 + (protocol === 'streamable' ? 1 : 0));
  },
);

test('a server that has no stream for notifications, and answers 404, is still one session', async () => {
  const server = await startMcpServer({
    ...echo,
    http: ({ method }, response) => method === 'GET' && Boolean(response.writeHead(404).end('Not Found')),
  });
  const provider = testProvider(server.url);
  for (const text of ['a', 'b', 'c'])
    expect(await provider.call('echo', { text })).toEqual([{ kind: 'text', text }]);
  expect(count(server.requests, 'initialize')).toBe(1);
});

test('a server that does not end the stream of an answer loses it', async () => {
  const server = await startMcpServer({
    ...echo,
    http: (request, response) => {
      const [message] = request.messages as { id?: unknown; method?: string }[];
      if (message?.method !== 'tools/call') return false;
      const answer = { jsonrpc: '2.0', id: message.id, result: saying('a') };
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`data: ${JSON.stringify(answer)}\n\n`);
      return true;
    },
  });
  expect(await testProvider(server.url).call('echo', { text: 'a' })).toEqual([{ kind: 'text', text: 'a' }]);
  const { socket } = await server.seen('tools/call');
  if (!socket.destroyed) await new Promise((resolve) => socket.once('close', resolve));
});

test('a stream for notifications that breaks off at once is not opened without pause', async () => {
  const server = await startMcpServer({
    ...echo,
    http: ({ method }, response) => {
      if (method !== 'GET') return false;
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end('retry: 0\nid: 1\ndata:\n\n');
      return true;
    },
  });
  const provider = testProvider(http(server.url), { limits: { refreshGapMs: 100 } });
  await provider.names();
  const streams = () => server.requests.filter(({ method }) => method === 'GET').length;
  await expect.poll(streams).toBeGreaterThan(2);
  // Three need two pauses; without them there would be thousands.
  expect(streams()).toBeLessThan(6);
});

test('a command that has died is started again at the next call', async () => {
  const provider = testProvider(stdio('well'));
  const [before] = await provider.call('pid');
  await expect(provider.call('exit')).rejects.toMatchObject({
    name: 'ToolError',
    kind: 'failed',
    message: 'the command of the MCP server ended (exit code 7)',
  });
  const [after] = await provider.call('pid');
  expect(after).toMatchObject({ kind: 'text' });
  expect(after).not.toEqual(before);
});

test('a command that dies between two calls is started again', async () => {
  const provider = testProvider(stdio('well'));
  const [part] = await provider.call('pid');
  const pid = Number(part?.kind === 'text' ? part.text : 0);
  process.kill(pid, 'SIGKILL');
  await expect.poll(() => isAlive(pid)).toBe(false);
  await expect.poll(async () => (await provider.call('pid').catch(() => [])).length).toBe(1);
});

test('the failure of a dead command is remembered', async () => {
  const provider = testProvider(stdio('complaining'), { limits: { retryMs: 60_000 } });
  const [first, second] = [await failure(provider), await failure(provider)];
  expect(first).toMatchObject({ name: 'ToolError', kind: 'failed' });
  expect(second).toBe(first);
});

function failure(provider: TestProvider): Promise<unknown> {
  return provider.list({ signal: never }).then(
    () => expect.unreachable(),
    (error: unknown) => error,
  );
}
