import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { methodsOf } from '../../src/surfaces/coze/coze-surface.ts';
import { cozeRoutes } from '../../src/surfaces/coze/routes/index.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { chatApp } from '../support/parley/apps.ts';
import { startCoze, type TestCoze, TOKEN } from '../support/parley/coze.ts';
import { botId, type Envelope, user } from './chats.ts';

let provider: MockProvider;
let coze: TestCoze;

beforeAll(async () => {
  provider = await startMockProvider();
  coze = await startCoze({
    apps: { chat: chatApp() },
    provider: provider.baseUrl,
    config: { limits: { body_size: '64KB' } },
  });
});
afterAll(async () => {
  expect(provider.requests).toEqual([]);
  await coze.close();
  await provider.close();
});

/** Any answer is JSON with an int `code`, a string `msg` and its log id (`facts/coze-wire.md` §1 rules 2, 3 and 25). */
async function read(response: Response): Promise<{ status: number; code: number; msg: string }> {
  const text = await response.text();
  expect(response.headers.get('content-type'), text).toBe('application/json; charset=utf-8');
  expect(text).not.toContain('\n');
  const body = JSON.parse(text) as Envelope;
  expect(Number.isInteger(body.code)).toBe(true);
  expect(body.msg).toMatch(/\S/);
  expect(body.detail.logid).toMatch(/^\d{14}[0-9A-F]{20}$/);
  return { status: response.status, code: body.code, msg: body.msg };
}

/** The same, of one that has gone through the surface. */
async function readLogged(response: Response) {
  const logid = response.headers.get('x-tt-logid');
  expect(((await response.clone().json()) as Envelope).detail.logid).toBe(logid);
  return read(response);
}

function post(path: string, body: string, type = 'application/json'): Promise<Response> {
  const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': type };
  return fetch(coze.url + path, { method: 'POST', headers, body });
}

test.each(['/', '', '/nope', '/v3', '/v3/chat/nope', '/v1/chat-messages', '/v3/chats', '/..%2fhealth'])(
  'unknown path "%s": 404, with a token and without one',
  async (path) => {
    for (const token of [TOKEN, null])
      for (const method of ['GET', 'POST', 'DELETE'])
        expect(await readLogged(await coze.request(method, path, undefined, { token }))).toMatchObject({
          status: 404,
          code: 4000,
        });
  },
);

describe.each([...new Set(cozeRoutes.map(({ path }) => path))])('%s', (path) => {
  test('another method: 405, and what is allowed', async () => {
    const allowed = cozeRoutes.filter((route) => route.path === path).flatMap(methodsOf);
    for (const method of ['GET', 'PUT', 'POST', 'DELETE', 'PATCH']) {
      if ((allowed as string[]).includes(method)) continue;
      const response = await coze.request(method, path.replaceAll(/:\w+/g, '1'));
      expect(response.headers.get('allow')?.split(', ').sort()).toEqual([...allowed, 'OPTIONS'].sort());
      expect(await readLogged(response)).toMatchObject({ status: 405, code: 4000 });
    }
  });
});

test.each(['/%zz', '/v3/chat/retrieve/%', '/v1/conversations/%c3%28/x%'])(
  'malformed URL %s: 400',
  async (path) => {
    const answer = await rawRequest(`/coze${path}`);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toMatch(/\r\ncontent-type: application\/json; charset=utf-8\r\n/i);
    const body = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4)) as Envelope;
    expect(body).toEqual({
      code: 4000,
      msg: expect.stringMatching(/not well-formed/),
      detail: { logid: expect.stringMatching(/^\d{14}[0-9A-F]{20}$/) },
    });
    expect(answer).toMatch(new RegExp(`\\r\\nx-tt-logid: ${body.detail.logid}\\r\\n`));
  },
);

/** A request whose path no client library would send. */
function rawRequest(path: string): Promise<string> {
  const { hostname, port } = new URL(coze.parley.url);
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(Number(port), hostname, () =>
      socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`),
    );
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('end', () => resolve(answer));
    socket.on('error', reject);
  });
}

const deep = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
const chat = (more: string) =>
  `{"bot_id":"${botId('chat')}","user_id":"u","additional_messages":[{"role":"user","content":"Hi"}]${more}}`;

describe.each(['/v3/chat', '/v3/chat/cancel', '/v3/chat/submit_tool_outputs'])('body of %s', (path) => {
  test.each([
    ['JSON that breaks off', '{"bot_id":"1"', 400],
    ['words', 'hello', 400],
    ['JSON with more behind it', '{} {}', 400],
    ['a prototype', '{"__proto__":{"bot_id":"1"}}', 400],
    ['a constructor', '{"constructor":{"prototype":{}}}', 400],
    ['a list', '[]', 200],
    ['a number', '1', 200],
    ['null', 'null', 200],
    ['a list too deep', `{"a":${deep(5000)}}`, 200],
    ['variables too deep', chat(`,"custom_variables":{"a":${deep(200)}}`), 200],
    ['too much', `{"a":"${'x'.repeat(70_000)}"}`, 413],
  ])('%s: 4000', async (_, body, status) => {
    expect(await readLogged(await post(path, body))).toMatchObject({ status, code: 4000 });
  });

  test('a form, a file, or any other type is read as JSON, which it is not', async () => {
    for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'application/xml', 'nonsense'])
      expect(await readLogged(await post(path, 'a=b', type))).toMatchObject({ code: 4000 });
    const form = new FormData();
    form.append('file', new Blob(['x']), 'x.txt');
    const headers = { authorization: `Bearer ${TOKEN}` };
    const response = await fetch(coze.url + path, { method: 'POST', headers, body: form });
    expect(await readLogged(response)).toMatchObject({ code: 4000 });
  });
});

test('a query too often given, and a NUL in it, are no error of the server', async () => {
  for (const query of [
    'chat_id=1&chat_id=2&conversation_id=1',
    'chat_id=%00&conversation_id=%00',
    'chat_id[a]=1',
  ])
    expect(await readLogged(await coze.request('GET', `/v3/chat/retrieve?${query}`))).toMatchObject({
      status: 200,
    });
});

test('an id of the caller’s for its request is the end of its log id, when it is one', async () => {
  const ask = async (id: string) => {
    const headers = { authorization: `Bearer ${TOKEN}`, 'x-request-id': id };
    const response = await fetch(`${coze.url}/v3/chat/retrieve`, { headers });
    return ((await response.json()) as Envelope).detail.logid;
  };
  expect(await ask('01234567-89ab-cdef-0123-456789abcdef')).toMatch(/^\d{14}CDEF0123456789ABCDEF$/);
  expect(await ask('mine')).toMatch(/^\d{14}[0-9A-F]{20}$/);
});

test('from a browser: the token may come from anywhere, and the log id may be read', async () => {
  const preflight = await fetch(`${coze.url}/v3/chat`, {
    method: 'OPTIONS',
    headers: { origin: 'https://example.com', 'access-control-request-method': 'POST' },
  });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
  const response = await coze.request('POST', '/v3/chat', { additional_messages: [user('Hi')] });
  expect(response.headers.get('access-control-allow-origin')).toBe('*');
  expect(response.headers.get('access-control-expose-headers')?.toLowerCase()).toContain('x-tt-logid');
});
