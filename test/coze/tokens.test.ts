import { APIError, AuthenticationError, PermissionDeniedError } from '@coze/api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAccessToken } from '../../src/apps/token-ring.ts';
import { TOKEN_SCOPES } from '../../src/config/token-scopes.ts';
import { deleteAccessToken, listAccessTokens } from '../../src/store/access-tokens.ts';
import type { Store } from '../../src/store/open-store.ts';
import { methodsOf } from '../../src/surfaces/coze/coze-surface.ts';
import { cozeRoutes } from '../../src/surfaces/coze/routes/index.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { chatApp } from '../support/parley/apps.ts';
import { startCoze, type TestCoze, TOKEN } from '../support/parley/coze.ts';
import { openTestStore } from '../support/parley/open-test-store.ts';
import { botId, codeOf, type Envelope, sendChat, user } from './chats.ts';

const LOGID = /^\d{14}[0-9A-F]{20}$/;

let provider: MockProvider;
let coze: TestCoze;
let store: Store;

beforeAll(async () => {
  provider = await startMockProvider();
  coze = await startCoze({
    apps: { chat: chatApp(), other: chatApp() },
    provider: provider.baseUrl,
    config: {
      keys: [
        { key: 'app-key-of-dify', app: 'chat' },
        { key: 'pat_polls', scopes: ['getChat', 'listMessage'] },
        { key: 'pat_chats', scopes: ['chat'] },
        { key: 'pat_one-bot', bots: ['other'] },
        ...TOKEN_SCOPES.map((scope) => ({ key: `pat_only-${keyOf(scope)}`, scopes: [scope] })),
      ],
    },
  });
  store = await openTestStore(coze.parley);
});
afterAll(async () => {
  await store.destroy();
  await coze.close();
  await provider.close();
});

/** Keys have no dots. */
function keyOf(scope: string): string {
  return scope.replace('.', '-');
}

type Route = (typeof cozeRoutes)[number];

const params = { bot_id: botId('chat'), user_id: 'u1', additional_messages: [user('Hi') as never] };
const routes = cozeRoutes.flatMap((route) =>
  methodsOf(route).map((method) => [`${method} ${route.path}`, route, method] as const),
);

/** A request that is for a route, and says nothing. */
async function ask({ path }: Route, method: string, authorization: string | null, body?: object) {
  const response = await fetch(coze.url + path.replaceAll(/:\w+/g, '7397787494399'), {
    method,
    headers: {
      ...(authorization === null ? {} : { authorization }),
      ...(body ? { 'content-type': 'application/json' } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  return { response, body: (await response.json()) as Envelope };
}

describe.each(routes)('%s', (_, route, method) => {
  const isChat = route.errors === 'chat';

  test.each([
    ['no header', null, 4101],
    ['an empty header', '', 4101],
    ['another scheme', 'Basic YWxhZGRpbjpvcGVu', 4100],
    ['a token without its scheme', TOKEN, 4100],
    ['a scheme without its token', 'Bearer ', 4100],
    ['two tokens', `Bearer ${TOKEN} ${TOKEN}`, 4100],
    ['a wrong token', 'Bearer pat_wrong', 4101],
    ['a token cut short', `Bearer ${TOKEN.slice(0, -1)}`, 4101],
    ['a key of the Service API', 'Bearer app-key-of-dify', 4101],
    ['an SQL wildcard', 'Bearer %', 4101],
  ])('%s', async (_, authorization, code) => {
    const { response, body } = await ask(route, method, authorization);
    const log = response.headers.get('x-tt-logid');
    expect(log).toMatch(LOGID);
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(response.status).toBe(isChat ? 200 : 401);
    expect(body).toEqual({
      code: isChat ? code : 700012006,
      msg: expect.stringMatching(isChat ? /authentication/ : /^access token invalid$/),
      detail: { logid: log },
    });
    expect(response.headers.get('www-authenticate')).toBe(isChat ? null : 'Bearer realm="api"');
  });

  test('a token without its permission is refused with 4101; one with it alone is not', async () => {
    const needed: readonly string[] = route.scopes;
    if (needed.length === 0) {
      expect((await ask(route, method, 'Bearer pat_only-chat')).body.code).not.toBe(4101);
      return;
    }
    for (const scope of TOKEN_SCOPES) {
      const { response, body } = await ask(route, method, `Bearer pat_only-${keyOf(scope)}`);
      if (needed.includes(scope)) {
        expect(body.code, scope).not.toBe(4101);
        continue;
      }
      expect(body).toMatchObject({ code: 4101, msg: expect.stringContaining(String(needed[0])) });
      expect(response.status).toBe(route.errors === 'bytes' ? 403 : 200);
    }
  });

  test('ids that are none are an error with an int code, never 500', async () => {
    for (const id of ["'", '%00', '..%2f..%2fetc', 'null', '9'.repeat(400), '-1']) {
      const path = route.path.includes(':')
        ? route.path.replaceAll(/:\w+/g, id)
        : `${route.path}?conversation_id=${id}&chat_id=${id}&bot_id=${id}&message_id=${id}&file_id=${id}`;
      const { response, body } = await ask({ ...route, path }, method, `Bearer ${TOKEN}`);
      expect(response.status, `${path}: ${JSON.stringify(body)}`).toBeLessThan(500);
      expect(body.code).toBeTypeOf('number');
      expect(body.msg).toBeTypeOf('string');
    }
  });
});

test('the scheme is not case-sensitive', async () => {
  const [retrieve] = cozeRoutes.filter(({ path }) => path === '/v3/chat/retrieve') as [Route];
  for (const scheme of ['bearer', 'BEARER', 'Bearer  '])
    expect((await ask(retrieve, 'GET', `${scheme} ${TOKEN}`)).body.code).toBe(4000);
});

test.each(['', 'pat_wrong', 'pat_polls'])(
  'a stream with the token "%s" is exactly one event to the SDK',
  async (token) => {
    const events: unknown[] = [];
    for await (const event of coze.clientOf(token).chat.stream(params)) events.push(event);
    expect(events).toEqual([
      {
        event: 'error',
        data: {
          code: token === '' ? 4100 : 4101,
          msg: expect.any(String),
          detail: { logid: expect.stringMatching(LOGID) },
        },
      },
    ]);
  },
);

test('the SDK’s classes', async () => {
  const thrown = (promise: Promise<unknown>) => promise.catch((error: unknown) => error);
  const wrong = coze.clientOf('pat_wrong');
  const chat = await thrown(wrong.chat.create(params));
  expect(chat).toBeInstanceOf(PermissionDeniedError);
  expect(chat).toMatchObject({ code: 4101, logid: expect.stringMatching(LOGID) });
  const retrieve = await thrown(wrong.chat.retrieve('1', '2'));
  expect(retrieve).toBeInstanceOf(AuthenticationError);
  expect(retrieve).toMatchObject({ code: 700012006, status: 401 });
  const cancel = await thrown(coze.clientOf('pat_chats').chat.cancel('1', '2'));
  expect(cancel).toBeInstanceOf(PermissionDeniedError);
  expect(cancel).toBeInstanceOf(APIError);
});

test('nothing reached the model', () => expect(provider.requests).toEqual([]));

test('a token opens its bots, and no others exist for it', async () => {
  const as = (app: string) => codeOf(sendChatAs('pat_one-bot', app));
  expect(await as('chat')).toBe(4200);
  expect(await as('other')).toBe(0);
});

function sendChatAs(token: string, app: string): Promise<Response> {
  return coze.request('POST', '/v3/chat', { ...params, bot_id: botId(app) }, { token });
}

test('a token of the store works, and stops working when it is revoked', async () => {
  const token = await createAccessToken(store, { apps: ['chat'], scopes: ['chat'] });
  expect(token).toMatch(/^pat_/);
  expect(await codeOf(sendChatAs(token, 'chat'))).toBe(0);
  expect(await codeOf(sendChatAs(token, 'other'))).toBe(4200);
  const [row] = await listAccessTokens(store);
  expect(JSON.stringify(row)).not.toContain(token.slice(8));
  expect(await deleteAccessToken(store, String(row?.id))).toBe(true);
  // Tokens are known for five seconds; a restart forgets them.
  await coze.parley.restart();
  expect(await codeOf(sendChatAs(token, 'chat'))).toBe(4101);
  expect(await codeOf(sendChat(coze, 'Hi'))).toBe(0);
});
