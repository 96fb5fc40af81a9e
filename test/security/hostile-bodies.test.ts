import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { difyRoutes } from '../../src/surfaces/dify/routes/index.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { chatApp, completionApp } from '../support/parley/apps.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { answered, sendChat } from '../support/parley/turns.ts';
import { endNode, graphApp, startNode } from '../workflow/graph-app.ts';
import { appOf } from './ask.ts';

const UUID = '0190a6f0-0000-7000-8000-000000000000';

let provider: MockProvider;
let parley: TestParley;

beforeAll(async () => {
  provider = await startMockProvider();
  const form = [
    { paragraph: { label: 'p', variable: 'p', required: false, default: '' } },
    { number: { label: 'n', variable: 'n', required: false } },
    { select: { label: 's', variable: 's', required: false, options: ['a'] } },
    { checkbox: { label: 'c', variable: 'c', required: false } },
  ];
  parley = await startParley({
    apps: {
      chat: chatApp({ pre_prompt: 'P={{p}} C={{constructor}}', user_input_form: form }),
      completion: completionApp(),
      workflow: graphApp('workflow', { start: startNode('p'), end: endNode({ p: ['start', 'p'] }) }),
    },
    provider: provider.baseUrl,
    config: { limits: { body_size: '1MB' } },
  });
});
afterAll(async () => {
  await parley.close();
  await provider.close();
});

async function post(
  path: string,
  body: string | Uint8Array<ArrayBuffer>,
  type = 'application/json',
  { app = 'chat', method = 'POST' } = {},
) {
  const response = await fetch(`${parley.url}/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${parley.key(app)}`, 'content-type': type },
    body,
  });
  return { status: response.status, text: await response.text() };
}

const writing = difyRoutes.filter(({ method, body }) => method !== 'GET' && body);
const nested = (open: string, close: string, depth = 50_000) => open.repeat(depth) + close.repeat(depth);

describe.each(writing.map((route) => [`${route.method} ${route.path}`, route] as const))('%s', (_, route) => {
  const path = route.path.replace(/:\w+/g, UUID);
  test.each([
    ['malformed JSON', '{"user": "u", ', 'application/json'],
    ['a lone surrogate half', '{"user":"\\ud800","inputs":{},"query":"\\udfff"}', 'application/json'],
    ['no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]), 'application/json'],
    ['an array', '[1]', 'application/json'],
    ['text', '{"user":"u"}', 'text/plain'],
    ['XML', '<x/>', 'application/xml'],
    ['a form', 'user=u&query=q', 'application/x-www-form-urlencoded'],
    ['multipart without a boundary', '--x', 'multipart/form-data'],
    [
      'multipart cut off',
      '--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n',
      'multipart/form-data; boundary=x',
    ],
    [
      '__proto__',
      '{"user":"u","__proto__":{"polluted":1},"inputs":{"__proto__":{"polluted":1}},"query":"q"}',
      'application/json',
    ],
    [
      'constructor.prototype',
      '{"user":"u","inputs":{"constructor":{"prototype":{"polluted":1}}},"query":"q"}',
      'application/json',
    ],
    [
      'deep arrays everywhere',
      `{"user":"u","inputs":${nested('[', ']')},"query":${nested('[', ']')},"name":${nested('[', ']')},"rating":${nested('[', ']')},"text":${nested('[', ']')},"value":${nested('[', ']')}}`,
      'application/json',
    ],
    ['a deep user', `{"user":${nested('[', ']')}}`, 'application/json'],
    [
      'a deep inputs object',
      `{"user":"u","query":"q","inputs":{"p":${nested('{"a":', '}').replace('}', '1}')}}}`,
      'application/json',
    ],
    ['a number beyond range', '{"user":1e999,"inputs":{"n":1e999},"query":"q"}', 'application/json'],
  ])('%s: a client error, never 500', async (_name, body, type) => {
    const { status, text } = await post(path, body, type, { app: appOf(route), method: route.method });
    expect(status, text.slice(0, 300)).toBeLessThan(500);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    if (status >= 400) expect(Object.keys(JSON.parse(text))).toEqual(['code', 'message', 'status']);
  });
});

test('a body nested beyond reason is a bad request, whatever its field; a deep one is none', async () => {
  const turn = (depth: number) =>
    `{"user":"u","query":"q","auto_generate_name":false,"inputs":{},"ignored":${nested('[', ']', depth)}}`;
  expect((await post('/chat-messages', turn(90))).status).toBe(200);
  const { status, text } = await post('/chat-messages', turn(101));
  expect(status).toBe(400);
  expect(JSON.parse(text)).toMatchObject({ code: 'bad_request' });
});

test('a body of more values than anybody means is a bad request at once; one of many is none', async () => {
  const turn = (count: number) =>
    JSON.stringify({
      user: 'u',
      query: 'q',
      auto_generate_name: false,
      inputs: {},
      files: Array(count).fill(0),
    });
  expect((await post('/chat-messages', turn(200))).status).toBeLessThan(500);
  const { status, text } = await post('/chat-messages', turn(200_000));
  expect(status).toBe(400);
  expect(JSON.parse(text)).toMatchObject({ code: 'bad_request' });
});

test('a body over the limit is 413, with and without a length', async () => {
  const body = JSON.stringify({ user: 'u', inputs: {}, query: 'x'.repeat(1024 * 1024) });
  const { status, text } = await post('/chat-messages', body);
  expect(status).toBe(413);
  expect(JSON.parse(text)).toMatchObject({ code: 'request_entity_too_large', status: 413 });
  const chunked = await fetch(`${parley.url}/v1/chat-messages`, {
    method: 'POST',
    headers: { authorization: `Bearer ${parley.key('chat')}`, 'content-type': 'application/json' },
    body: new Blob([body]).stream(),
    duplex: 'half',
  } as RequestInit);
  expect(chunked.status).toBe(413);
});

test('a body without a key is not even read', async () => {
  const { hostname, port } = new URL(parley.url);
  const socket = connect(Number(port), hostname);
  socket.write(
    'POST /v1/chat-messages HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{',
  );
  const [answer] = await new Promise<[Buffer]>((resolve) => socket.once('data', (data) => resolve([data])));
  expect(answer.toString()).toMatch(/^HTTP\/1\.1 401 /);
  socket.destroy();
});

test.each(difyRoutes.filter(({ method }) => method === 'GET').map(({ path }) => path))(
  'NUL, quotes and lists in the query of GET %s: never 500',
  async (path) => {
    const names = [
      'user',
      'conversation_id',
      'last_id',
      'first_id',
      'limit',
      'page',
      'after',
      'sort_by',
      'variable_name',
      'as_attachment',
      ...['keyword', 'status', 'created_at__before', 'created_at__after'],
      ...['created_by_end_user_session_id', 'created_by_account'],
    ];
    for (const value of ['%00', "'%20or%201=1--", '', '-1', '99999999999999999999']) {
      const query = names.flatMap((name) => [`${name}=${value}`, `${name}=x`]).join('&');
      for (const app of ['chat', 'completion', 'workflow']) {
        const response = await parley.request(app, 'GET', `${path.replace(/:\w+/g, UUID)}?${query}`);
        expect(response.status, `${value}: ${await response.text()}`).toBeLessThan(500);
      }
    }
  },
);

test('NUL is stripped where text is kept', async () => {
  const body = await answered(sendChat(parley, { query: 'a\0b', user: 'nul\0l', inputs: { p: 'c\0d' } }));
  expect(provider.requests.at(-1)?.body?.messages).toMatchObject([
    { content: expect.stringContaining('P=cd') },
    { content: 'ab' },
  ]);
  await answered(sendChat(parley, { user: 'null', inputs: {}, conversation_id: body.conversation_id }));
});

test('a query of nothing but NUL is no query', async () => {
  const response = await sendChat(parley, { query: '\0' });
  expect(response.status).toBe(400);
});

test('lone surrogates do not break what is stored or streamed', async () => {
  const body = await answered(sendChat(parley, { query: 'half \ud83d', user: 'surrogate' }));
  expect(body.event).toBe('message');
});

test('inherited names are no inputs', async () => {
  await answered(
    sendChat(parley, { inputs: { constructor: 'x', toString: 'y', hasOwnProperty: 1, p: 'ok' } }),
  );
  expect(provider.requests.at(-1)?.body?.messages).toMatchObject([{ content: 'P=ok C={{constructor}}' }, {}]);
});
