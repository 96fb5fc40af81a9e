import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Store } from '../../src/store/open-store.ts';
import { botId, streamChat as streamCozeChat } from '../coze/chats.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { agentApp } from '../support/parley/apps.ts';
import { startCoze, type TestCoze } from '../support/parley/coze.ts';
import { openTestStore } from '../support/parley/open-test-store.ts';
import { sendChat, type Wire } from '../support/parley/turns.ts';
import { obedient, queryFor, takeTurn, type WantedCall } from '../support/tools/agent-turn.ts';
import { textParameter, writeOpenApi } from '../support/tools/openapi-document.ts';
import {
  type Callee,
  type CalleeReply,
  type CalleeRequest,
  startCallee,
} from '../support/tools/start-callee.ts';
import { type McpServer, startMcpServer } from '../support/tools/start-mcp-server.ts';
import { everything } from './coze-rows.ts';

/** Of no form that a pattern could know. */
const SECRETS = {
  jina: 'canary1jina2key3of4f1b9c',
  tavily: 'canary1tavily2key3of4f1b9c',
  header: 'canary1openapi2header3of4f1b9c',
  plain: 'canary1plain2header3of4f1b9c',
  query: 'canary1openapi2query+3/of4f1b9c',
  mcp: 'canary1mcp2header3of4f1b9c',
  mcpQuery: 'canary1mcp2query3of4f1b9c',
  env: 'canary1stdio2env3of4f1b9c',
  document: 'canary1document2key3of4f1b9c',
};
/** As they may be written in addresses and JSON. */
const FORMS = Object.values(SECRETS).flatMap((secret) => [secret, encodeURIComponent(secret)]);

let provider: MockProvider;
/** Repeats whatever it is sent, in every way that there is. */
let callee: Callee;
let mcp: McpServer;
let document: Awaited<ReturnType<typeof writeOpenApi>>;
let coze: TestCoze;
let store: Store;
/** Everything that clients were told, bodies and headers. */
const told: string[] = [];

const seen = ({ path, headers, body }: CalleeRequest) =>
  `path ${path} headers ${JSON.stringify(headers)} body ${body}`;

/** By what the path ends in. */
function echo(request: CalleeRequest): CalleeReply {
  const { pathname } = new URL(request.path, 'http://callee');
  const body = seen(request);
  const status = Number(/(\d{3})$/.exec(pathname)?.[1] ?? 200);
  if (pathname.endsWith('redirect'))
    return {
      status: 302,
      headers: { location: `http://10.0.0.1/?${new URL(request.path, 'http://x').searchParams}` },
    };
  if (pathname.endsWith('cut')) return { status: 500, body: 'x'.repeat(15_990) + body };
  if (pathname.endsWith('json')) return { body: { said: body, [body]: [request.headers] } };
  if (pathname.endsWith('file'))
    return {
      headers: { 'content-type': 'image/png', 'content-disposition': 'attachment; filename="a.png"' },
      body: 'png',
    };
  return { status, body };
}

const MCP_TOOLS = ['says', 'fails', 'throws'];
const OPERATIONS = [
  '/echo',
  '/json',
  '/redirect',
  '/cut',
  '/file',
  '/s401',
  '/s403',
  '/s404',
  '/s500',
  '/s429',
];

beforeAll(async () => {
  provider = await startMockProvider({ reply: obedient });
  callee = await startCallee(echo);
  mcp = await startMcpServer({
    tools: MCP_TOOLS.map((name) => ({ name, inputSchema: { type: 'object' } })),
    call(name) {
      const words = JSON.stringify(mcp.headers.at(-1));
      if (name === 'throws') throw new Error(`failed with ${words} ${SECRETS.mcpQuery}`);
      return { isError: name === 'fails', content: [{ type: 'text', text: `${words} ${SECRETS.mcpQuery}` }] };
    },
  });
  document = await writeOpenApi(
    callee.url,
    Object.fromEntries(OPERATIONS.map((path) => [path.slice(1), { path, parameters: [textParameter('q')] }])),
  );
  // Once it has been spoken to.
  const complaining =
    "process.stdin.once('data', () => { console.error('no database for ' + process.env.SECRET); process.exit(3) })";
  coze = await startCoze({
    apps: {
      agent: agentApp(
        [
          ...OPERATIONS.map((path) => ({ type: 'api', provider: 'service', tool: path.slice(1) })),
          ...MCP_TOOLS.map((tool) => ({ type: 'mcp', provider: 'remote', tool })),
          { type: 'mcp', provider: 'dying', tool: 'x' },
          { type: 'api', provider: 'absent', tool: 'x' },
          { provider: 'jina', tool: 'jina_reader', values: { max_retries: 0 } },
          { provider: 'tavily', tool: 'tavily_search' },
        ],
        { opening_statement: 'Hi' },
      ),
      strict: agentApp([
        { type: 'mcp', provider: 'dying', tool: 'x' },
        { type: 'api', provider: 'absent', tool: 'x' },
      ]),
    },
    provider: provider.baseUrl,
    config: {
      tools: [
        {
          ...{ name: 'service', openapi: document.file, query: { api_key: SECRETS.query } },
          headers: { authorization: `Bearer ${SECRETS.header}`, 'x-plain': SECRETS.plain },
        },
        {
          name: 'remote',
          mcp: `${mcp.url}?key=${SECRETS.mcpQuery}`,
          headers: { authorization: `Bearer ${SECRETS.mcp}` },
        },
        {
          name: 'dying',
          mcp: { command: process.execPath, args: ['-e', complaining], env: { SECRET: SECRETS.env } },
        },
        { name: 'absent', openapi: `${callee.url}/s404?key=${SECRETS.document}` },
        { name: 'jina', base_url: `${callee.url}/echo?said=`, api_key: SECRETS.jina },
        { name: 'tavily', base_url: `${callee.url}/s500?said=`, api_key: SECRETS.tavily },
      ],
      outbound: { allow: [`127.0.0.1:${callee.port}`] },
      app_settings: { agent: { missing_tools: 'ignore' } },
    },
  });
  store = await openTestStore(coze.parley);
});
afterAll(async () => {
  await store.destroy();
  await coze.close();
  await document.remove();
  await Promise.all([callee, mcp, provider].map((server) => server.close()));
});

async function hear(response: Response | Promise<Response>): Promise<string> {
  const got = await response;
  const text = await got.text();
  told.push(JSON.stringify([...got.headers]), text);
  return text;
}

/** All of a Coze chat as its client gets it. */
async function hearChat(query: string): Promise<void> {
  const reader = await streamCozeChat(coze, query, { app: 'agent' });
  const chat = await reader.until('conversation.chat.created');
  for (const event of await reader.rest()) told.push(JSON.stringify(event));
  const { id, conversation_id } = chat;
  for (const path of ['retrieve', 'message/list'])
    await hear(coze.request('GET', `/v3/chat/${path}?conversation_id=${conversation_id}&chat_id=${id}`));
}

/** Every file of the data folder, as text. */
async function kept(): Promise<string> {
  const entries = await readdir(coze.parley.dataDir, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return (
    await Promise.all(files.map(({ parentPath, name }) => readFile(join(parentPath, name), 'latin1')))
  ).join();
}

/** What would show a secret to somebody it is not meant for. */
function found(text: string): string[] {
  return FORMS.filter((secret) => text.includes(secret));
}

test('whatever a service, a server or a command repeats, no credential of the owner’s is told or kept', async () => {
  const calls: WantedCall[] = [
    ...OPERATIONS.map((path): WantedCall => [path.slice(1), { q: 'hello' }]),
    ...MCP_TOOLS.map((name): WantedCall => [name]),
    ['jina_reader', { url: `${callee.url}/x` }],
    ['tavily_search', { query: 'x' }],
  ];
  const { events, observed } = await takeTurn(coze.parley, calls);
  told.push(JSON.stringify(events));
  // They were sent, and they came back.
  expect(callee.requests.map(seen).join()).toContain(SECRETS.header);
  expect(callee.requests.map(seen).join()).toContain(SECRETS.jina);
  expect(callee.requests.map(seen).join()).toContain(SECRETS.tavily);
  expect(mcp.headers.at(-1)?.authorization).toBe(`Bearer ${SECRETS.mcp}`);
  for (const name of ['echo', 'json', 's401', 's500', ...MCP_TOOLS, 'jina_reader', 'tavily_search'])
    expect(observed[name], name).toContain('***');
  await hearChat(queryFor(...calls));
  await hear(sendChat(coze.parley, { response_mode: 'streaming' }, 'strict'));

  const { conversation_id } = events[0] as Wire;
  for (const path of [
    '/meta',
    '/parameters',
    '/info',
    '/site',
    `/messages?user=u1&conversation_id=${conversation_id}`,
  ])
    for (const app of ['agent', 'strict']) await hear(coze.parley.request(app, 'GET', path));
  for (const path of [`/v1/bot/get_online_info?bot_id=${botId('agent')}`, '/v1/bots?workspace_id=1'])
    await hear(coze.request('GET', path));
  for (const path of ['/', '/docs', '/openapi.json', '/metrics', '/health'])
    await hear(fetch(coze.parley.url + path));

  const heard = told.join('\n');
  expect(heard).toContain('answered 401 Unauthorized');
  expect(heard).toContain('jina_reader');
  expect(found(heard)).toEqual([]);
  const asked = provider.requests.map(({ headers, rawBody }) => JSON.stringify(headers) + rawBody).join('\n');
  expect(asked).toContain('answered 401 Unauthorized');
  expect(found(asked)).toEqual([]);
  // What is missing is looked for when the server has begun.
  const lines = () => coze.parley.log.map((line) => JSON.stringify(line)).join('\n');
  await expect.poll(lines, { timeout: 10_000 }).toContain('the document is answered with 404');
  await expect.poll(lines, { timeout: 10_000 }).toContain('no database for ***');
  expect(found(lines())).toEqual([]);
  const rows = JSON.stringify(await store.selectFrom('thoughts').selectAll().execute());
  expect(rows).toContain('answered 401 Unauthorized');
  expect(found(rows + (await everything(store)))).toEqual([]);
  expect(found(await kept())).toEqual([]);
});
