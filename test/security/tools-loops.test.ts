import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { agentApp } from '../support/parley/apps.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { firstEvent, stop, streamChat } from '../support/parley/turns.ts';
import { obedient, observe, queryFor, takeTurn } from '../support/tools/agent-turn.ts';
import { growthOf } from '../support/tools/growth-of.ts';
import { writeOpenApi } from '../support/tools/openapi-document.ts';
import { type Callee, type CalleeReply, startCallee } from '../support/tools/start-callee.ts';
import { type McpServer, startMcpServer } from '../support/tools/start-mcp-server.ts';

let provider: MockProvider;
let callee: Callee;
let mcp: McpServer;
let document: Awaited<ReturnType<typeof writeOpenApi>>;
let parley: TestParley;

const MB = 1024 ** 2;
const BOMB = { headers: { 'content-encoding': 'gzip' }, body: gzipSync(Buffer.alloc(64 * MB)) };

beforeAll(async () => {
  provider = await startMockProvider();
  callee = await startCallee();
  mcp = await startMcpServer({
    tools: ['text', 'parts', 'file'].map((name) => ({ name, inputSchema: { type: 'object' } })),
    call(name) {
      const text = 'x'.repeat(900_000);
      if (name === 'text') return { content: [{ type: 'text', text: text.repeat(20) }] };
      if (name === 'file')
        return { content: [{ type: 'image', mimeType: 'image/png', data: text.repeat(24) }] };
      return { content: Array.from({ length: 100_000 }, () => ({ type: 'text', text: 'x' })) };
    },
  });
  document = await writeOpenApi(callee.url, { read: { path: '/read' }, hang: { path: '/hang' } });
  const service = (tool: string) => ({ type: 'api', provider: 'service', tool });
  const app = (id: string) => ({ type: 'workflow', provider: id, tool: id });
  parley = await startParley({
    apps: {
      agent: agentApp([
        ...[
          service('read'),
          { ...service('hang'), provider: 'hasty' },
          { provider: 'webscraper', tool: 'webscraper' },
        ],
        ...['text', 'parts', 'file'].map((tool) => ({ type: 'mcp', provider: 'remote', tool })),
      ]),
      short: agentApp([service('read')], { agent: { max_iteration: 3 } }),
      react: agentApp([service('read')], { agent: { strategy: 'react', max_iteration: 3 } }),
      self: agentApp([app('self')]),
      ping: agentApp([app('pong')]),
      pong: agentApp([app('ping')]),
      ...Object.fromEntries(
        [1, 2, 3, 4, 5, 6].map((at) => [`chain_${at}`, agentApp([app(`chain_${at + 1}`)])]),
      ),
      chain_7: agentApp([]),
    },
    provider: provider.baseUrl,
    config: {
      tools: [
        { name: 'service', openapi: document.file },
        { name: 'hasty', openapi: document.file, timeout: '300ms' },
        { name: 'remote', mcp: mcp.url },
      ],
      outbound: { allow: [`127.0.0.1:${callee.port}`] },
    },
  });
});
beforeEach(() => {
  provider.reply(obedient);
  callee.reply();
});
afterAll(async () => {
  await parley.close();
  await document.remove();
  await Promise.all([callee, mcp, provider].map((server) => server.close()));
});

test.each([
  ['short', { toolCalls: [{ name: 'read' }] }],
  ['react', { tokens: ['Thought: again.\nAction: {"action": "read", "action_input": {}}\n'] }],
])('a model of the app %s that calls for ever is asked once more than its rounds', async (app, reply) => {
  provider.reply(reply);
  const [asked, called] = [provider.requests.length, callee.requests.length];
  const events = await (await streamChat(parley, {}, app)).readAll();
  expect(events.at(-1)).toMatchObject({
    event: 'error',
    message: expect.stringContaining('maximum iteration limit of 3'),
  });
  expect(provider.requests.length - asked).toBe(4);
  expect(callee.requests.length - called).toBe(3);
});

test.each([
  ['self', 'self is already at work on this', 1],
  ['ping', 'ping is already at work on this', 2],
  ['chain_1', 'apps call one another more than 5 deep', 5],
])('apps that call one another for ever end: %s', async (app, told, deep) => {
  // Each asks the next, whose model is told the same.
  provider.reply(({ tools, messages }) => {
    if (messages.at(-1)?.role === 'tool') return { tokens: ['done'] };
    return { toolCalls: [{ name: tools[0]?.name ?? '', arguments: '{"query": "again"}' }] };
  });
  const asked = provider.requests.length;
  const events = await (await streamChat(parley, {}, app)).readAll();
  expect(events.at(-1)).toMatchObject({ event: 'message_end' });
  const messages = provider.requests.slice(asked).flatMap((request) => request.messages);
  expect(messages).toContainEqual(
    expect.objectContaining({ role: 'tool', content: `tool invoke error: ${told}` }),
  );
  // Each is asked twice.
  expect(provider.requests.length - asked).toBe(2 * deep);
});

test('a tool that hangs ends at its time, and the run goes on', async () => {
  callee.reply(({ path }) => (path === '/hang' ? { hold: 'headers' } : {}));
  const { observed } = await takeTurn(parley, [['hang'], ['read']]);
  expect(observed.hang).toMatch(/^tool invoke error: .*300 ms|longer than 0.3 s/);
  expect(observed.read).toBe('ok');
  await (await callee.nextRequest(({ path }) => path === '/hang')).left();
});

test.each<[string, string, unknown]>([
  ['text', 'read', 'x'.repeat(4 * MB)],
  ['JSON', 'read', { list: Array.from({ length: 200_000 }, (_, at) => ({ at })) }],
  ['a page', 'webscraper', 'x'.repeat(4 * MB)],
])('of %s of some megabytes the model gets the beginning, and is told so', async (_, tool, body) => {
  callee.reply({ body });
  const args = tool === 'webscraper' ? { url: `${callee.url}/page` } : {};
  const growth = await growthOf(async () => {
    const told = await observe(parley, tool, args);
    expect(told.length).toBeLessThan(101_000);
    expect(told).toMatch(/… \(cut: the tool answered \d+ characters\)$/);
  });
  expect(growth).toBeLessThan(200);
  const sent = provider.requests.at(-1)?.rawBody.length ?? 0;
  expect(sent).toBeLessThan(250_000);
});

test.each<[string, string, RegExp]>([
  [
    'text',
    'text',
    /^tool invoke error: the tool answered with more than the \d+ characters that are allowed$/,
  ],
  [
    'content in parts',
    'parts',
    /^tool invoke error: the tool answered with more than the \d+ parts that are allowed$/,
  ],
  ['data in a file', 'file', /./],
])('of too much %s from an MCP server the model gets little', async (_, tool, told) => {
  const growth = await growthOf(async () => {
    const text = await observe(parley, tool);
    expect(text).toMatch(told);
    expect(text.length).toBeLessThan(101_000);
  });
  expect(growth).toBeLessThan(400);
});

test.each<[string, CalleeReply]>([
  ['that never ends', { hold: 'body', body: 'x'.repeat(6 * MB) }],
  ['that is a thousand times as large as what is sent', BOMB],
])('an answer %s is left when it is too long', async (_, reply) => {
  callee.reply(({ method }) => (method === 'HEAD' ? {} : reply));
  const growth = await growthOf(async () => {
    for (const [tool, args] of [
      ['read', {}],
      ['webscraper', { url: `${callee.url}/page` }],
    ] as const) {
      const told = await observe(parley, tool, args);
      expect(told).toMatch(/^tool invoke error: .*more than/);
      expect(told.length).toBeLessThan(500);
      if (reply.hold) await callee.requests.at(-1)?.left();
    }
  });
  expect(growth).toBeLessThan(200);
});

test('answers of one round share what a model is told, and few of them are waited for at once', async () => {
  callee.reply({ body: 'x'.repeat(200_000) });
  const calls = Array.from({ length: 128 }, () => ['read'] as const);
  await takeTurn(parley, calls);
  expect(provider.requests.at(-1)?.messages).toHaveLength(130);
  expect(provider.requests.at(-1)?.rawBody.length).toBeLessThan(500_000);

  callee.reply({ hold: 'headers' });
  const before = callee.requests.length;
  const reader = await streamChat(parley, { query: queryFor(...calls) }, 'agent');
  const held = () => callee.requests.slice(before).filter(({ leftAt }) => leftAt === null);
  await expect.poll(() => held().length, { interval: 5 }).toBe(16);
  const { task_id } = await firstEvent(reader);
  await stop(parley, task_id, 'u1', 'agent');
  await reader.readAll();
  await observe(parley, 'hang');
  // The others have not begun after the stop.
  expect(callee.requests.slice(before).filter(({ path }) => path === '/read')).toHaveLength(16);
  expect(held()).toHaveLength(0);
});
