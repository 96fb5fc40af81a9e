import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Store } from '../../src/store/open-store.ts';
import { type Child, type Home, makeHome } from '../crash/serve.ts';
import { inTurn } from '../support/mock-provider/in-turn.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { saidIn, thoughtsIn, type WireThought } from '../support/parley/agent-events.ts';
import { agentApp } from '../support/parley/apps.ts';
import { openTestStore } from '../support/parley/open-test-store.ts';
import { EventReader } from '../support/parley/read-events.ts';
import { storedTurn } from '../support/parley/stored-runs.ts';
import type { Wire } from '../support/parley/turns.ts';
import { textParameter, writeOpenApi } from '../support/tools/openapi-document.ts';
import { type Callee, startCallee } from '../support/tools/start-callee.ts';

const lookup = (q: string) => ({ name: 'lookup', arguments: JSON.stringify({ q }) });

let provider: MockProvider;
let callee: Callee;
let document: Awaited<ReturnType<typeof writeOpenApi>>;
let home: Home;
let server: Child;
let store: Store;

beforeAll(async () => {
  provider = await startMockProvider();
  callee = await startCallee(({ path }) =>
    path.endsWith('q=picture')
      ? { body: new Uint8Array([1, 2, 3]), headers: { 'content-type': 'image/png' } }
      : { hold: 'headers' },
  );
  document = await writeOpenApi(callee.url, {
    lookup: { path: '/lookup', parameters: [textParameter('q')] },
  });
  home = await makeHome({
    apps: { agent: agentApp([{ type: 'api', provider: 'service', tool: 'lookup' }]) },
    provider: provider.baseUrl,
    config: { tools: [{ name: 'service', openapi: document.file }] },
  });
  server = await home.serve();
  store = await openTestStore(home);
});
afterAll(async () => {
  await store.destroy();
  await home.remove();
  await document.remove();
  await callee.close();
  await provider.close();
});

function request(path: string, body?: object): Promise<Response> {
  return fetch(`${server.url}/v1${path}`, {
    method: body ? 'POST' : 'GET',
    headers: { authorization: `Bearer ${home.key}`, 'content-type': 'application/json' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
}

async function start(user: string, more: object = {}): Promise<EventReader> {
  const body = {
    query: 'Hi',
    inputs: {},
    user,
    auto_generate_name: false,
    response_mode: 'streaming',
    ...more,
  };
  return new EventReader(await request('/chat-messages', body));
}

test('kill -9 in the middle of a tool: what was said, thought, found and made is kept, and remembered', async () => {
  provider.reply(
    inTurn(
      { tokens: ['I look.'], toolCalls: [lookup('picture')] },
      { tokens: ['Once more.'], toolCalls: [lookup('held'), { name: 'teleport' }] },
    ),
  );
  const reader = await start('working');
  const seen = (await reader.readUntil(({ tool }) => tool === 'lookup;teleport')) as Wire[];
  await callee.nextRequest(({ path }) => path.endsWith('q=held'));
  await server.kill();
  await reader.cancel().catch(() => {});
  server = await home.serve();

  const [{ conversation_id, message_id, task_id }] = seen as [Wire];
  expect(await storedTurn(store, message_id)).toMatchObject({ run: 'failed', status: 'error' });
  const list = await request(`/messages?user=working&conversation_id=${conversation_id}`);
  const { data } = (await list.json()) as { data: Wire[] };
  const file = seen.find(({ event }) => event === 'message_file');
  const fields = ({ id, position, thought, observation, tool, tool_input }: WireThought) => {
    return { id, position, thought, observation, tool, tool_input };
  };
  expect(data).toMatchObject([
    {
      ...{ status: 'error', error: expect.stringMatching(/interrupted/), answer: saidIn(seen) },
      agent_thoughts: thoughtsIn(seen).map(fields),
      message_files: [{ id: file?.id, belongs_to: 'assistant', type: 'image' }],
    },
  ]);
  const [{ message_files, agent_thoughts }] = data as [
    Wire & { message_files: Wire[]; agent_thoughts: Wire[] },
  ];
  expect(agent_thoughts[0]?.files).toEqual([file?.id]);
  const opened = await fetch(String(message_files[0]?.url));
  expect(new Uint8Array(await opened.arrayBuffer())).toEqual(new Uint8Array([1, 2, 3]));

  // The stream can still be read to its end, which is an error.
  const back = new EventReader(await request(`/chat-messages/${task_id}/events?user=working`));
  const again = (await back.readAll()) as Wire[];
  expect(thoughtsIn(again).map(fields)).toEqual(thoughtsIn(seen).map(fields));
  expect(again.at(-1)).toMatchObject({ event: 'error', status: 400 });

  provider.reply({ tokens: ['ok'] });
  await (await start('working', { conversation_id, query: 'And?' })).readAll();
  expect(provider.requests.at(-1)?.messages).toEqual([
    { role: 'user', content: 'Hi' },
    { role: 'assistant', content: 'I look.\nOnce more.' },
    { role: 'user', content: 'And?' },
  ]);
});

test('kill -9 after an agent has thought, before it said a word', async () => {
  provider.reply(inTurn({ toolCalls: [lookup('picture')] }, { gate: true }));
  const reader = await start('thinking');
  const seen = (await reader.readUntil(({ observation }) => Boolean(observation))) as Wire[];
  await server.kill();
  await reader.cancel().catch(() => {});
  server = await home.serve();
  const list = await request(`/messages?user=thinking&conversation_id=${seen[0]?.conversation_id}`);
  expect(await list.json()).toMatchObject({
    data: [
      { answer: '', status: 'error', agent_thoughts: [{ tool: 'lookup', files: [expect.any(String)] }] },
    ],
  });
});
