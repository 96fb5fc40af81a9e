import { afterAll, beforeAll, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../../support/mock-provider/start-mock-provider.ts';
import { agentApp } from '../../support/parley/apps.ts';
import { startCoze, type TestCoze } from '../../support/parley/coze.ts';
import { textParameter, writeOpenApi } from '../../support/tools/openapi-document.ts';
import { type Callee, startCallee } from '../../support/tools/start-callee.ts';
import { endOf, messagesOf, type Wire } from '../chats.ts';
import { DEVICE, locate, locateCall, resume, rounds, waitingChat } from './device.ts';

let provider: MockProvider;
let callee: Callee;
let document: Awaited<ReturnType<typeof writeOpenApi>>;
let coze: TestCoze;

beforeAll(async () => {
  provider = await startMockProvider();
  // A picture as long as what is asked for.
  callee = await startCallee(({ path }) => ({
    headers: { 'content-type': 'image/png' },
    body: Buffer.alloc(Number(new URL(path, 'http://x').searchParams.get('what'))),
  }));
  document = await writeOpenApi(callee.url, { draw: { path: '/draw', parameters: [textParameter('what')] } });
  coze = await startCoze({
    apps: { agent: agentApp([locate, { type: 'api', provider: 'artist', tool: 'draw' }]) },
    provider: provider.baseUrl,
    config: { tools: [DEVICE, { name: 'artist', openapi: document.file }] },
  });
});
afterAll(async () => {
  await coze.close();
  await document.remove();
  await callee.close();
  await provider.close();
});

const draw = (id: string, size: number) => ({
  id,
  name: 'draw',
  arguments: JSON.stringify({ what: `${size}` }),
});

/** Files of the one turn, as Dify shows them. */
async function filesOf(): Promise<{ size: number; url: string }[]> {
  const dify = async (path: string) =>
    (await coze.parley.request('agent', 'GET', path)).json() as Promise<{ data: Record<string, unknown>[] }>;
  const { data: conversations } = await dify('/conversations?user=u1');
  const { data } = await dify(`/messages?user=u1&conversation_id=${conversations[0]?.id}`);
  return data[0]?.message_files as { size: number; url: string }[];
}

test('files that tools make before a pause and after it are the turn’s, once each and in their order', async () => {
  provider.reply(
    rounds(
      { toolCalls: [draw('one', 11), locateCall] },
      { toolCalls: [draw('two', 22), { ...locateCall, id: 'again' }] },
      { toolCalls: [draw('three', 33)] },
      { tokens: ['There.'] },
    ),
  );
  let chat: Wire = await waitingChat(coze, 'Draw three');
  expect((await filesOf()).map(({ size }) => size)).toEqual([11]);
  await coze.parley.restart();
  await resume(coze, chat, 'Rome');
  chat = await endOf(coze, chat);
  expect(chat.status).toBe('requires_action');
  expect((await filesOf()).map(({ size }) => size)).toEqual([11, 22]);
  await resume(coze, chat, 'Rome');
  expect(await endOf(coze, chat)).toMatchObject({ status: 'completed' });
  const files = await filesOf();
  expect(files.map(({ size }) => size)).toEqual([11, 22, 33]);
  for (const { size, url } of files)
    expect((await (await fetch(new URL(url, coze.parley.url))).arrayBuffer()).byteLength).toBe(size);
  const responses = (await messagesOf(coze, chat)).filter(({ type }) => type === 'tool_response');
  expect(responses.map(({ content }) => /png/.test(String(content)))).toEqual([
    true,
    false,
    true,
    false,
    true,
  ]);
});
