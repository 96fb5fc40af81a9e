import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { botId } from '../coze/chats.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { agentApp } from '../support/parley/apps.ts';
import { startCoze, type TestCoze } from '../support/parley/coze.ts';
import { sendChat } from '../support/parley/turns.ts';
import { type Callee, startCallee } from '../support/tools/start-callee.ts';
import { type McpServer, startMcpServer } from '../support/tools/start-mcp-server.ts';

let provider: MockProvider;
/** Whom the apps name, in every way that there is. */
let callee: Callee;
/** Servers of the owner's: `asked` is named by one app, `silent` by none. */
let asked: McpServer;
let silent: McpServer;
let folder: string;
let coze: TestCoze;
let spawned = 0;
const onSpawn = () => void spawned++;

/** What a process leaves behind that an app has had started. */
const mark = () => join(folder, 'mark');

/** Apps of a stranger: no entry of theirs is a provider of this server. */
function strangeApp(): string {
  const address = `${callee.url}/mcp`;
  const command = { command: process.execPath, args: ['-e', `fs.writeFileSync('${mark()}', '')`] };
  const server = { server_url: address, url: address, transport: 'stdio', ...command };
  const names = [
    ['mcp', address],
    ['mcp', 'own'],
    ['mcp', JSON.stringify(command)],
    ['mcp', `${process.execPath} -e 1`],
    ['api', `${callee.url}/openapi.json`],
    ['api', '/etc/passwd'],
    ['api', '../tools/service.yml'],
    ['builtin', '__proto__'],
    ['builtin', '../../builtin/code'],
    ['plugin', 'evil/evil/evil'],
    ['workflow', '../strange'],
    ['client', 'device'],
  ];
  const tools = names.map(([provider_type, name]) => ({
    ...{ enabled: true, provider_type, provider_id: name, provider_name: name, tool_name: 'x' },
    ...{ tool_parameters: { ...server, schema: address }, credentials: server, credential_id: address },
    ...{ mcp: command, openapi: address, schema: address, server, icon: `${callee.url}/icon.png`, ...server },
    plugin_unique_identifier: `${callee.url}/evil.difypkg`,
  }));
  const agent = { tools, mcp: command };
  // Without anchors, of which a file may hold a few only.
  return agentApp([], JSON.parse(JSON.stringify({ agent, tools, mcp: [command] })));
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-import-'));
  subscribe('child_process', onSpawn);
  provider = await startMockProvider();
  callee = await startCallee();
  [asked, silent] = await Promise.all([startMcpServer(), startMcpServer()]);
  const strange = strangeApp();
  coze = await startCoze({
    apps: {
      strange,
      willing: strange,
      naming: agentApp([{ type: 'mcp', provider: 'asked', tool: 'slow' }]),
    },
    provider: provider.baseUrl,
    config: {
      tools: [
        { name: 'asked', mcp: asked.url },
        { name: 'silent', mcp: silent.url },
        {
          name: 'local',
          mcp: { command: process.execPath, args: ['-e', `fs.writeFileSync('${mark()}', '')`] },
        },
      ],
      app_settings: { willing: { missing_tools: 'ignore' } },
      // Not even where it could be reached.
      outbound: { allow: [`127.0.0.1:${callee.port}`] },
    },
  });
});
afterAll(async () => {
  unsubscribe('child_process', onSpawn);
  await coze.close();
  await Promise.all([callee, asked, silent, provider].map((server) => server.close()));
  await rm(folder, { recursive: true });
});

function expectNothingTouched(): void {
  expect(callee.connections).toBe(0);
  expect(silent.messages).toEqual([]);
  expect(spawned).toBe(0);
  expect(existsSync(mark())).toBe(false);
}

async function open(app: string): Promise<string> {
  const answers = await Promise.all([
    ...['/info', '/parameters', '/meta', '/site'].map((path) => coze.parley.request(app, 'GET', path)),
    coze.request('GET', `/v1/bot/get_online_info?bot_id=${botId(app)}`),
    coze.request('GET', `/v1/bots/${botId(app)}`),
    coze.request('GET', '/v1/bots?workspace_id=1'),
  ]);
  const texts = await Promise.all(answers.map((answer) => answer.text()));
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  return texts.join('\n');
}

test('loading and opening apps starts no process and calls no address that they name', async () => {
  for (const app of ['strange', 'willing']) {
    const told = await open(app);
    for (const word of ['difypkg', 'openapi.json', '/etc/passwd', 'writeFileSync'])
      expect(told).not.toContain(word);
  }
  expectNothingTouched();
});

test('nor does an app that is put into the folder of a running server', async () => {
  await writeFile(join(coze.parley.appsDir, 'late.yml'), strangeApp());
  const listed = async () => (await coze.request('GET', `/v1/bots/${botId('late')}`)).json();
  await expect.poll(listed, { timeout: 10_000, interval: 20 }).toMatchObject({ code: 0 });
  expectNothingTouched();
});

test('nor does a chat with them: one is refused, the other goes on without tools', async () => {
  const refused = await sendChat(coze.parley, { response_mode: 'streaming' }, 'strange');
  expect(refused.status).toBe(400);
  expect(await refused.json()).toMatchObject({
    code: 'app_unavailable',
    message: expect.stringContaining('the tool x is missing: there is no provider'),
  });
  const willing = await sendChat(coze.parley, { response_mode: 'streaming' }, 'willing');
  expect(willing.status).toBe(200);
  expect(await willing.text()).toContain('"event":"message_end"');
  expect(provider.requests.at(-1)?.tools).toEqual([]);
  expectNothingTouched();
});

test('a server of the owner’s that an app names is asked for its list, and for nothing else', async () => {
  expect(await open('naming')).toContain('"slow"');
  expect(asked.messages).toContain('tools/list');
  expect(asked.calls).toEqual([]);
  expectNothingTouched();
});

test('a command of the owner’s is started when an app names it as its tool: it would have been seen', async () => {
  await writeFile(
    join(coze.parley.appsDir, 'late.yml'),
    agentApp([{ type: 'mcp', provider: 'local', tool: 'x' }]),
  );
  const chat = { bot_id: botId('late'), user_id: 'u1', additional_messages: [], stream: true };
  const begun = async () => {
    await (await coze.request('POST', '/v3/chat', chat)).text();
    return spawned;
  };
  await expect.poll(begun, { timeout: 10_000, interval: 20 }).toBeGreaterThan(0);
  await expect.poll(() => existsSync(mark()), { timeout: 10_000, interval: 5 }).toBe(true);
});
