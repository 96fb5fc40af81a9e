import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CozeAPI } from '@coze/api';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load-config.ts';
import { type ParleyServer, startServer } from '../../src/server.ts';
import { cozeRoutes } from '../../src/surfaces/coze/routes/index.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { chatApp } from '../support/parley/apps.ts';
import { TOKEN } from '../support/parley/coze.ts';
import { createTestDatabase, type TestDatabase } from '../support/parley/test-database.ts';
import { botId, type Envelope, user, type Wire } from './chats.ts';

let provider: MockProvider;
let database: TestDatabase;
let root: string;
let server: ParleyServer;

beforeAll(async () => {
  provider = await startMockProvider({ reply: { tokens: ['Hello'] } });
  database = await createTestDatabase();
  root = await mkdtemp(join(tmpdir(), 'parley-port-'));
  await mkdir(join(root, 'apps'));
  await writeFile(join(root, 'apps', 'chat.yml'), chatApp());
  const file = join(root, 'parley.yml');
  await writeFile(
    file,
    `keys: [{ key: ${TOKEN} }]\nproviders: { openai: { api_key: sk-test, base_url: '${provider.baseUrl}' } }\n`,
  );
  const flags = [
    '--port',
    '0',
    '--coze-port',
    '0',
    '--data',
    join(root, 'data'),
    '--apps',
    join(root, 'apps'),
  ];
  server = await startServer(
    loadConfig({
      argv: ['--config', file, ...flags],
      env: database.url ? { PARLEY_DATABASE_URL: database.url } : {},
      cwd: root,
    }),
    pino({ level: 'silent' }),
  );
});
afterAll(async () => {
  await server.close();
  await database.drop();
  await rm(root, { recursive: true, force: true });
  await provider.close();
});

const params = { bot_id: botId('chat'), user_id: 'u1', additional_messages: [user('Hi') as never] };

test.each(['', '/'])('the official client with "%s" behind the address of the port', async (end) => {
  const client = new CozeAPI({ token: TOKEN, baseURL: server.cozeUrl + end });
  const { chat, messages } = await client.chat.createAndPoll(params);
  expect(chat.status).toBe('completed');
  expect(messages).toMatchObject([{ content: 'Hello' }, { type: 'verbose' }]);
  const names: string[] = [];
  for await (const { event } of client.chat.stream(params)) names.push(event);
  expect(names.at(-2)).toBe('conversation.chat.completed');
});

test('it is the same server: a chat of one port is there on the other', async () => {
  const atRoot = new CozeAPI({ token: TOKEN, baseURL: String(server.cozeUrl) });
  const under = new CozeAPI({ token: TOKEN, baseURL: `${server.url}/coze` });
  provider.reply({ gate: true });
  const chat = await atRoot.chat.create(params);
  const upstream = await provider.nextRequest((request) => !request.isOver);
  expect(await under.chat.retrieve(chat.conversation_id, chat.id)).toEqual(chat);
  const canceled = (await under.chat.cancel(chat.conversation_id, chat.id)) as unknown as Wire;
  expect(canceled.status).toBe('canceled');
  expect(await atRoot.chat.retrieve(chat.conversation_id, chat.id)).toEqual(canceled);
  upstream.finish();
});

test('every route of one is a route of the other, and nothing else is on that port', async () => {
  const ask = async (path: string, base = String(server.cozeUrl)) => {
    const response = await fetch(base + path, { method: 'PATCH' });
    return { status: response.status, code: ((await response.json()) as Envelope).code };
  };
  for (const { path } of cozeRoutes) {
    const at = path.replaceAll(/:\w+/g, '1');
    expect(await ask(at), path).toEqual({ status: 405, code: 4000 });
    expect(await ask(at, `${server.url}/coze`), path).toEqual({ status: 405, code: 4000 });
  }
  for (const path of ['/', '/docs', '/v1/chat-messages', '/coze/v3/chat', '/openapi.json', '/%zz/..'])
    expect((await ask(path)).code, path).toBe(4000);
});

test('without the flag there is no such port', async () => {
  const config = loadConfig({ argv: [], env: {}, cwd: root });
  expect(config.coze.port).toBeNull();
});
