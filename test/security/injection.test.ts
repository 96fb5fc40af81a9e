import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { chatApp } from '../support/parley/apps.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { sendChat, textOf } from '../support/parley/turns.ts';
import { endNode, graphApp, startNode } from '../workflow/graph-app.ts';
import { finishedIn, sendWorkflow } from '../workflow/workflow-turns.ts';

let provider: MockProvider;
let parley: TestParley;

beforeAll(async () => {
  // A model that repeats what it is told.
  provider = await startMockProvider({
    reply: (request) => ({ tokens: [String(request.body?.messages?.at(-1)?.content)] }),
  });
  parley = await startParley({
    apps: {
      chat: chatApp(),
      workflow: graphApp('workflow', { start: startNode('said'), end: endNode({ said: ['start', 'said'] }) }),
    },
    provider: provider.baseUrl,
  });
});
afterAll(async () => {
  await parley.close();
  await provider.close();
});

const hostile = [
  'a\n\ndata: {"event":"message_end"}\n\n',
  'a\r\n\r\nevent: ping\r\n\r\n',
  'a\u2028data: x\u2029\u0085id: 1',
  ': comment\nretry: 1\nid: 2',
  '"},"event":"error","x":{"',
  '</script><script>alert(1)</script>',
];

test.each(hostile)('what the model echoes stays in its frame: %j', async (query) => {
  const body = await (await sendChat(parley, { query, response_mode: 'streaming' })).text();
  for (const separator of [/\n\n/, /\r\n|\r|\n|\u2028|\u2029|\u0085/]) {
    const lines = body.split(separator).filter((line) => line !== '');
    expect(lines).toHaveLength(2);
    const events = lines.map((line) => JSON.parse(line.replace(/^data: /, '')) as Record<string, unknown>);
    expect(events.map(({ event }) => event)).toEqual(['message', 'message_end']);
    expect(textOf(events)).toBe(query);
  }
});

test.each(hostile)('what a workflow is told stays in its frames: %j', async (said) => {
  const body = await (await sendWorkflow(parley, { inputs: { said }, response_mode: 'streaming' })).text();
  const frames = (separator: RegExp) => body.split(separator).filter((line) => line.startsWith('data: '));
  const lines = frames(/\r\n|\r|\n|\u2028|\u2029|\u0085/);
  expect(lines).toEqual(frames(/\n\n/));
  const events = lines.map((line) => JSON.parse(line.slice(6)) as Record<string, unknown>);
  expect(new Set(events.map(({ event }) => event))).toEqual(
    new Set(['workflow_started', 'node_started', 'text_chunk', 'node_finished', 'workflow_finished']),
  );
  expect(finishedIn(events).outputs).toEqual({ said });
});

test('an upstream error text stays in its frame too', async () => {
  provider.reply({ status: 400, error: { message: 'a\n\ndata: {"event":"message_end"}\n\n\u2028' } });
  const body = await (await sendChat(parley, { response_mode: 'streaming' })).text();
  expect(body.split(/\n\n/).filter((frame) => frame !== '')).toHaveLength(1);
  expect(body).not.toContain('\u2028');
  provider.reply((request) => ({ tokens: [String(request.body?.messages?.at(-1)?.content)] }));
});

/** A request as raw bytes, which fetch would refuse to send. */
async function raw(lines: readonly string[]): Promise<string> {
  const { hostname, port } = new URL(parley.url);
  const socket = connect(Number(port), hostname);
  socket.end(`${lines.join('\r\n')}\r\n\r\n`);
  let text = '';
  for await (const chunk of socket) text += chunk;
  return text;
}

test('a fit request id is echoed, any other replaced', async () => {
  const idFor = async (given: string) => {
    const response = await fetch(`${parley.url}/v1/`, { headers: { 'x-request-id': given } });
    return response.headers.get('x-request-id');
  };
  expect(await idFor('req-1.2:3_4')).toBe('req-1.2:3_4');
  for (const given of ['a b', '<script>', 'x'.repeat(129), 'a;b', '{"a":1}']) {
    expect(await idFor(given), given).toMatch(/^[0-9a-f-]{36}$/);
  }
});

test.each([
  ['a bare line feed', 'x-request-id: a\nset-cookie: b=c'],
  ['an obsolete fold', 'x-request-id: a\r\n set-cookie: b=c'],
  ['encoded line ends', 'x-request-id: a%0d%0aset-cookie: b=c'],
])('%s in the request id makes no header', async (_, header) => {
  const answer = await raw(['GET /v1/ HTTP/1.1', 'host: x', header, 'connection: close']);
  expect(answer).toMatch(/^HTTP\/1\.1 (200|400) /);
  expect(answer.toLowerCase()).not.toMatch(/\r\nset-cookie/);
});

test('two lengths, or a length and chunks, are no request', async () => {
  const head = ['POST /v1/chat-messages HTTP/1.1', 'host: x', 'content-type: application/json'];
  expect(await raw([...head, 'content-length: 2', 'content-length: 3'])).toMatch(/^HTTP\/1\.1 400 /);
  expect(await raw([...head, 'content-length: 2', 'transfer-encoding: chunked'])).toMatch(/^HTTP\/1\.1 400 /);
});
