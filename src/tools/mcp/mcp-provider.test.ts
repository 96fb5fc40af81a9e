import { expect, test } from 'vitest';
import { startCallee } from '../../outbound/start-callee.fixture.ts';
import { http, never, stdio, type TestProvider, testProvider } from './mcp-provider.fixture.ts';
import { mcpProvider } from './mcp-provider.ts';
import {
  echoTool,
  type McpServerOptions,
  type McpTestServer,
  type Script,
  saying,
  startMcpServer,
} from './mcp-server.fixture.ts';

const overHttp: readonly (readonly [string, McpServerOptions])[] = [
  ['streamable HTTP', {}],
  ['streamable HTTP with JSON answers', { json: true }],
  ['HTTP with SSE', { protocol: 'sse' }],
];

const echo: Script = {
  list: () => ({ tools: [echoTool(), echoTool({ name: 'slow' })] }),
  call: (_, args) => saying(String(args.text)),
};

for (const version of ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25']) {
  test.each(overHttp)(`lists and calls tools over %s, protocol ${version}`, async (_, options) => {
    const server = await startMcpServer(echo, { ...options, version });
    const provider = testProvider(server.url);
    expect(await provider.names()).toEqual(['echo', 'slow']);
    expect(await provider.call('echo', { text: 'hello' })).toEqual([{ kind: 'text', text: 'hello' }]);
  });

  test(`lists and calls tools of a command, protocol ${version}`, async () => {
    const provider = testProvider(stdio('well', { PROTOCOL_VERSION: version }));
    expect(await provider.names()).toContain('echo');
    expect(await provider.call('echo', { a: 1 })).toEqual([{ kind: 'text', text: '{"a":1}' }]);
  });
}

test('nothing is opened before the first use, and a tool tells all that is shown of it', async () => {
  const server = await startMcpServer(echo);
  const provider = testProvider(server.url);
  expect(provider).toMatchObject({ type: 'mcp', name: 'server' });
  expect(provider.known()).toBeNull();
  expect(server.requests).toEqual([]);
  const [tool] = await provider.list({ signal: never });
  expect(tool).toMatchObject({
    provider: 'server',
    name: 'echo',
    label: { en_US: 'echo' },
    description: 'Says what it is told.',
    parameters: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] },
    authored: [],
    icon: { content: '🔌' },
    timeoutMs: null,
    executedBy: 'server',
  });
  expect(provider.known()).toEqual([tool, expect.objectContaining({ name: 'slow' })]);
});

test('offers the server nothing, and says who is calling', async () => {
  const server = await startMcpServer(echo);
  await testProvider(server.url).names();
  const { messages } = await server.seen('initialize');
  expect(messages[0]?.params).toMatchObject({
    capabilities: {},
    clientInfo: { name: 'parley', version: '1.2.3' },
  });
});

test.each(overHttp)('the configured headers go with every request over %s', async (_, options) => {
  const server = await startMcpServer(echo, options);
  const provider = testProvider(http(server.url, { authorization: 'Bearer abcd', 'x-team': 'red' }));
  await provider.call('echo', { text: 'a' });
  await provider.close();
  expect(server.requests.length).toBeGreaterThan(3);
  for (const { headers } of server.requests)
    expect(headers).toMatchObject({ authorization: 'Bearer abcd', 'x-team': 'red' });
});

/** Starts the tool `slow`, which never answers, and tells when the server has begun with it. */
async function callSlow(provider: TestProvider, signal: AbortSignal, begun: Promise<unknown>) {
  const call = provider.call('slow', {}, signal);
  call.catch(() => {});
  await begun;
  return call.catch((error: unknown) => ({ error, at: Date.now() }));
}

test.each(overHttp)('an abort cancels the call at a server over %s', async (_, options) => {
  const begun = Promise.withResolvers<void>();
  const canceled = Promise.withResolvers<number>();
  const server = await startMcpServer(
    {
      ...echo,
      call: (_, __, signal) => {
        signal.addEventListener('abort', () => canceled.resolve(Date.now()));
        begun.resolve();
        return new Promise(() => {});
      },
    },
    options,
  );
  const provider = testProvider(server.url);
  const controller = new AbortController();
  const reason = new Error('stopped');
  const ended = callSlow(provider, controller.signal, begun.promise);
  await begun.promise;
  const { socket } = await server.seen('tools/call');
  const closed = new Promise((resolve) => socket.once('close', resolve));
  const at = Date.now();
  controller.abort(reason);
  expect(await ended).toMatchObject({ error: reason, at: expect.toSatisfy((end: number) => end - at < 100) });
  expect((await canceled.promise) - at).toBeLessThan(100);
  // Nothing of why it was stopped is told.
  expect((await server.seen('notifications/cancelled')).messages[0]?.params).toMatchObject({
    reason: 'the caller does not wait any longer',
  });
  if (options.protocol !== 'sse') await closed;
  // The session is still good.
  expect(provider.known()).toHaveLength(2);
  expect(server.sessions()).toBe(1);
});

test('an abort cancels the call at a command', async () => {
  const reports = await startCallee();
  const provider = testProvider(stdio('well', { REPORT_URL: reports.url }));
  const controller = new AbortController();
  const reason = new Error('stopped');
  const ended = callSlow(provider, controller.signal, reports.nextCall());
  await expect.poll(() => reports.calls.length).toBe(1);
  const at = Date.now();
  controller.abort(reason);
  expect(await ended).toMatchObject({ error: reason, at: expect.toSatisfy((end: number) => end - at < 100) });
  const { path } = await reports.nextCall();
  expect(path).toMatch(/^\/cancelled\?at=/);
  expect(Number(path.slice('/cancelled?at='.length)) - at).toBeLessThan(100);
  expect(await provider.call('echo', { a: 1 })).toEqual([{ kind: 'text', text: '{"a":1}' }]);
});

test.each(overHttp)(
  'close ends calls that run, and leaves no session and no connection over %s',
  async (_, options) => {
    const begun = Promise.withResolvers<void>();
    const canceled = Promise.withResolvers<void>();
    const server = await startMcpServer(
      {
        ...echo,
        call: (_, __, signal) => {
          signal.addEventListener('abort', () => canceled.resolve());
          begun.resolve();
          return new Promise(() => {});
        },
      },
      options,
    );
    const provider = testProvider(server.url);
    const call = provider.call('slow', {});
    call.catch(() => {});
    await begun.promise;
    await provider.close();
    await expect(call).rejects.toMatchObject({
      name: 'ToolError',
      kind: 'failed',
      message: 'The server is shutting down.',
    });
    await canceled.promise;
    await expect.poll(() => server.sessions()).toBe(0);
    await expect(provider.list({ signal: never })).rejects.toMatchObject({
      message: 'The server is shutting down.',
    });
    if (options.protocol !== 'sse') expect(server.requests.at(-1)?.method).toBe('DELETE');
  },
);

test('close does not wait long for a server that does not answer', async () => {
  const server: McpTestServer = await startMcpServer({ ...echo, http: ({ method }) => method === 'DELETE' });
  const provider = testProvider(server.url, { limits: { leaveMs: 50 } });
  await provider.names();
  const at = performance.now();
  await provider.close();
  expect(performance.now() - at).toBeLessThan(1_000);
});

test('an app may not name a command', () => {
  const entry = { name: 'x', timeoutMs: null, kind: 'mcp', server: stdio('well') } as const;
  const parts = { outbound: { fetch: () => fetch } as never, version: '1', trusted: false };
  expect(() => mcpProvider(entry, parts)).toThrow('Only the owner may name a command.');
});
