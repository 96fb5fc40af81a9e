import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../../support/mock-provider/start-mock-provider.ts';
import { chatApp, completionApp } from '../../support/parley/apps.ts';
import { startParley, type TestParley } from '../../support/parley/start-parley.ts';
import { answered, sendChat } from '../../support/parley/turns.ts';

let provider: MockProvider;
let parley: TestParley;

const form = [
  { 'text-input': { label: 'Name', variable: 'name', required: true, max_length: 5, default: '' } },
  { select: { label: 'Tone', variable: 'tone', required: false, options: ['warm', 'dry'], default: '' } },
];

beforeAll(async () => {
  provider = await startMockProvider();
  parley = await startParley({
    apps: { chat: chatApp(), form: chatApp({ user_input_form: form }), completion: completionApp() },
    provider: provider.baseUrl,
  });
});
afterAll(async () => {
  await parley.close();
  await provider.close();
});

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly headers: Headers;
}

async function post(path: string, init: RequestInit): Promise<Answer> {
  const response = await fetch(`${parley.url}/v1${path}`, { method: 'POST', ...init });
  return {
    status: response.status,
    body: (await response.json()) as Record<string, unknown>,
    headers: response.headers,
  };
}

function json(app: string, path: string, body: unknown): Promise<Answer> {
  return post(path, {
    headers: { authorization: `Bearer ${parley.key(app)}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

describe('the key is checked first, before the body', () => {
  test.each([
    ['no header', undefined, "Authorization header must be provided and start with 'Bearer'"],
    ['no space', 'Bearer', "Authorization header must be provided and start with 'Bearer'"],
    ['another scheme', 'Basic x', "Authorization scheme must be 'Bearer'"],
    ['an unknown key', 'bearer app-bad', 'Access token is invalid'],
    ['a dataset key', `Bearer dataset-${'x'.repeat(24)}`, 'Access token is invalid'],
  ])('%s', async (_, authorization, message) => {
    const headers: Record<string, string> = { 'content-type': 'text/plain' };
    if (authorization !== undefined) headers.authorization = authorization;
    const answer = await post('/chat-messages', { headers, body: 'not json' });
    expect(answer.status).toBe(401);
    expect(answer.body).toEqual({ code: 'unauthorized', message, status: 401 });
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="api"');
  });

  test.each(['bearer', 'BEARER', 'Bearer'])('the scheme %s will do', async (scheme) => {
    const headers = { authorization: `${scheme} ${parley.key('chat')}`, 'content-type': 'application/json' };
    expect((await post('/chat-messages', { headers, body: '{}' })).body.message).toBe(
      'Arg user must be provided.',
    );
  });
});

describe('order of the checks', () => {
  test('the body’s form comes before the user', async () => {
    const headers = { authorization: `Bearer ${parley.key('chat')}` };
    const answer = await post('/chat-messages', {
      headers: { ...headers, 'content-type': 'text/plain' },
      body: '{}',
    });
    expect(answer).toMatchObject({ status: 415, body: { code: 'unsupported_media_type', status: 415 } });
    for (const body of ['', '{', '{"user": "u",}', '[]', '"x"', 'null']) {
      const bad = await post('/chat-messages', {
        headers: { ...headers, 'content-type': 'application/json' },
        body,
      });
      expect(bad, JSON.stringify(body)).toMatchObject({
        status: 400,
        body: { code: 'bad_request', status: 400 },
      });
    }
  });

  test.each([undefined, null, '', 0])('user %j is missing', async (user) => {
    // On the wrong mode too: the user comes before the mode.
    for (const app of ['chat', 'completion']) {
      expect(await json(app, '/chat-messages', { user })).toMatchObject({
        status: 400,
        body: { code: 'invalid_param', message: 'Arg user must be provided.', status: 400 },
      });
    }
  });

  test('the mode comes before the schema', async () => {
    for (const path of ['/chat-messages', `/chat-messages/${randomUUID()}/stop`]) {
      expect((await json('completion', path, { user: 'u' })).body).toEqual({
        code: 'not_chat_app',
        message: 'Please check if your app mode matches the right API route.',
        status: 400,
      });
    }
    for (const path of ['/completion-messages', `/completion-messages/${randomUUID()}/stop`]) {
      expect((await json('chat', path, { user: 'u' })).body).toEqual({
        code: 'app_unavailable',
        message: 'App unavailable, please check your app configurations.',
        status: 400,
      });
    }
  });

  test('the schema speaks as pydantic does', async () => {
    const { status, body } = await json('chat', '/chat-messages', { user: 'u' });
    expect(status).toBe(400);
    expect(body).toEqual({
      code: 'invalid_param',
      message: [
        '2 validation errors for ChatRequestPayload',
        'inputs',
        "  Field required [type=missing, input_value={'user': 'u'}, input_type=dict]",
        '    For further information visit https://errors.pydantic.dev/2.12/v/missing',
        'query',
        "  Field required [type=missing, input_value={'user': 'u'}, input_type=dict]",
        '    For further information visit https://errors.pydantic.dev/2.12/v/missing',
      ].join('\n'),
      status: 400,
    });
  });

  test.each([
    [
      { response_mode: 'sse' },
      "Input should be 'blocking' or 'streaming' [type=literal_error, input_value='sse', input_type=str]",
    ],
    [{ inputs: 'a' }, "Input should be a valid dictionary [type=dict_type, input_value='a', input_type=str]"],
    [{ query: 1 }, 'Input should be a valid string [type=string_type, input_value=1, input_type=int]'],
    [{ files: {} }, 'Input should be a valid list [type=list_type, input_value={}, input_type=dict]'],
    [
      { conversation_id: 'x' },
      "Value error, conversation_id must be a valid UUID [type=value_error, input_value='x', input_type=str]",
    ],
  ])('one wrong field: %j', async (field, line) => {
    const { body } = await json('chat', '/chat-messages', { user: 'u', inputs: {}, query: 'q', ...field });
    expect(body.code).toBe('invalid_param');
    expect(body.message).toMatch(/^1 validation error for ChatRequestPayload\n/);
    expect(body.message).toContain(`\n  ${line}\n`);
  });

  test('then the query, the inputs and the files, in streams as HTTP errors too', async () => {
    const turn = { user: 'u', inputs: {}, response_mode: 'streaming' };
    expect(await json('form', '/chat-messages', { ...turn, query: '' })).toMatchObject({
      status: 400,
      body: { code: 'invalid_param', message: 'query is required' },
    });
    for (const [inputs, message] of [
      [{}, 'name is required in input form'],
      [{ name: null }, 'name is required in input form'],
      [{ name: 3 }, "(type 'text-input') name in input form must be a string"],
      [{ name: 'abcdef' }, 'name in input form must be less than 5 characters'],
      [{ name: 'x', tone: 'loud' }, "tone in input form must be one of the following: ['warm', 'dry']"],
    ] as const) {
      expect(await json('form', '/chat-messages', { ...turn, query: 'q', inputs })).toMatchObject({
        status: 400,
        body: { code: 'invalid_param', message, status: 400 },
      });
    }
  });

  test.each([
    ['header', { 'x-trace-session-id': 'x'.repeat(300) }, {}],
    ['header, empty', { 'x-trace-session-id': '' }, {}],
    ['body', {}, { trace_session_id: 'x'.repeat(300) }],
    ['body, empty', {}, { trace_session_id: '' }],
  ] as [string, Record<string, string>, object][])(
    'a trace_session_id that is no id: %s',
    async (_, headers, field) => {
      for (const app of ['chat', 'completion']) {
        const answer = await post(`/${app}-messages`, {
          headers: {
            authorization: `Bearer ${parley.key(app)}`,
            'content-type': 'application/json',
            ...headers,
          },
          body: JSON.stringify({
            user: 'u',
            inputs: { text: 'x' },
            query: 'q',
            response_mode: 'streaming',
            ...field,
          }),
        });
        expect(answer).toMatchObject({ status: 400, body: { code: 'bad_request', status: 400 } });
      }
    },
  );

  test('nothing of a refused request is kept or sent to a model', async () => {
    const before = provider.requests.length;
    await json('form', '/chat-messages', { user: 'refused', inputs: {}, query: 'q' });
    expect(provider.requests.length).toBe(before);
  });
});

describe('what is accepted', () => {
  test.each(['', '  ', null])('conversation_id %j begins a new conversation', async (conversation_id) => {
    const body = await answered(sendChat(parley, { conversation_id }));
    expect(body.conversation_id).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('unknown fields, a number as user, blanks as query, application/problem+json', async () => {
    await answered(
      sendChat(parley, { workflow_id: 'x', retriever_from: 'app', nope: [], user: 123, query: ' ' }),
    );
    const headers = {
      authorization: `Bearer ${parley.key('chat')}`,
      'content-type': 'application/vnd.x+json; charset=utf-8',
    };
    const body = JSON.stringify({ user: 'u', inputs: {}, query: 'q', auto_generate_name: false });
    expect((await post('/chat-messages', { headers, body })).status).toBe(200);
  });

  test('a trace_session_id of 200 characters', async () => {
    await answered(sendChat(parley, { trace_session_id: 'x'.repeat(200) }));
  });

  test('a user is the same as text and as number', async () => {
    const { conversation_id } = await answered(sendChat(parley, { user: 123 }));
    await answered(sendChat(parley, { user: '123', conversation_id }));
  });
});

describe('a conversation that is not there', () => {
  test.each(['unknown', 'of another user', 'of another app'])('%s', async (kind) => {
    const { conversation_id } = await answered(sendChat(parley, { user: 'alice' }));
    const answer = await (kind === 'of another app'
      ? json('form', '/chat-messages', { user: 'alice', inputs: { name: 'A' }, query: 'q', conversation_id })
      : json('chat', '/chat-messages', {
          user: kind === 'unknown' ? 'alice' : 'bob',
          inputs: {},
          query: 'q',
          response_mode: 'streaming',
          conversation_id: kind === 'unknown' ? randomUUID() : conversation_id,
        }));
    expect(answer.status).toBe(404);
    expect(answer.body).toEqual({ code: 'not_found', message: 'Conversation Not Exists.', status: 404 });
  });
});

describe('around the routes', () => {
  test('GET /v1/ welcomes without a key', async () => {
    const response = await fetch(`${parley.url}/v1/`);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ welcome: 'Dify OpenAPI', api_version: 'v1' });
  });

  test('an unknown path is 404, a wrong method 405 with Allow', async () => {
    expect((await fetch(`${parley.url}/v1/nope`)).status).toBe(404);
    const response = await fetch(`${parley.url}/v1/chat-messages`, { method: 'PUT' });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toContain('POST');
    expect(await response.json()).toEqual({
      code: 'method_not_allowed',
      message: 'The method is not allowed for the requested URL.',
      status: 405,
    });
  });

  test.each(['/messages/%zz/suggested?user=u', '/chat-messages/%zz/events?user=u'])(
    'an address that cannot be decoded is 400: %s',
    async (path) => {
      const response = await parley.request('chat', 'GET', path);
      expect(response.status).toBe(400);
      expect(response.headers.get('content-type')).toMatch(/^application\/json/);
      expect(await response.json()).toEqual({
        code: 'bad_request',
        message: expect.any(String),
        status: 400,
      });
    },
  );

  test('a preflight needs no key', async () => {
    const response = await fetch(`${parley.url}/v1/chat-messages`, {
      method: 'OPTIONS',
      headers: { origin: 'https://app.example', 'access-control-request-method': 'POST' },
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(response.headers.get('access-control-allow-headers')).toMatch(/Authorization/);
    expect(response.headers.get('access-control-allow-credentials')).toBeNull();
  });
});
