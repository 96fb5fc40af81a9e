import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createAccessToken } from '../../src/apps/token-ring.ts';
import { TOKEN_SCOPES } from '../../src/config/token-scopes.ts';
import { deleteAccessToken, listAccessTokens } from '../../src/store/access-tokens.ts';
import type { Store } from '../../src/store/open-store.ts';
import { difyRoutes } from '../../src/surfaces/dify/routes/index.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import type { TestCoze } from '../support/parley/coze.ts';
import { openTestStore } from '../support/parley/open-test-store.ts';
import { ask, calls, plain, requestFor } from './coze-ask.ts';
import { allRows, settledRows } from './coze-rows.ts';
import { CANARY, type CozeThings, makeThings, startHouse, TOKENS, unlike } from './coze-victim.ts';

let provider: MockProvider;
let coze: TestCoze;
let store: Store;
let things: CozeThings;
/** As they were before anybody else asked. */
let rows: string[];
let revoked: string;

beforeAll(async () => {
  provider = await startMockProvider();
  provider.reply({ tokens: [`An answer, ${CANARY}.`] });
  coze = await startHouse(provider);
  store = await openTestStore(coze.parley);
  things = await makeThings(coze, 'chat', TOKENS.alice);
  rows = await settledRows(store);
  provider.reply();
  revoked = await createAccessToken(store, { apps: 'all', scopes: 'all' });
  await revoke(revoked);
});
afterAll(async () => {
  vi.restoreAllMocks();
  await store.destroy();
  await coze.close();
  await provider.close();
});

/** Uses a token, so that it is known, takes it back, and lets the time pass for which it may still be known. */
async function revoke(token: string): Promise<void> {
  const me = () => coze.request('GET', '/v1/users/me', undefined, { token });
  expect((await me()).status).toBe(200);
  for (const { id } of await listAccessTokens(store)) await deleteAccessToken(store, id);
  const now = performance.now.bind(performance);
  vi.spyOn(performance, 'now').mockImplementation(() => now() + 5_000);
  expect((await me()).status).toBe(401);
}

/** The request with the ids of `named`, from whoever has the token. */
const tryAs = (token: string, [, route, method]: (typeof calls)[number], named: CozeThings) =>
  ask(coze, requestFor(route, method, named), `Bearer ${token}`);

describe.each(calls)('%s', (...call) => {
  const [, route] = call;

  test('with a token that is none, it says that, and nothing else', async () => {
    const wrong = [
      'pat_wrong',
      TOKENS.alice.slice(0, -1),
      `${TOKENS.alice}x`,
      TOKENS.alice.toUpperCase(),
      '%',
      revoked,
      coze.parley.key('chat'),
      coze.parley.key('other'),
    ];
    const said = await Promise.all([
      ask(coze, requestFor(route, call[2], things), null),
      ...wrong.map((token) => tryAs(token, call, things)),
    ]);
    const [first] = said.map(({ text, status }) => `${status} ${plain(text, things)}`);
    for (const { text, status, code } of said) {
      expect(code).toBe(route.errors === 'chat' ? 4101 : 700012006);
      expect(`${status} ${plain(text, things)}`).toBe(first);
    }
  });

  test('without its permission: 4101, whatever it names', async () => {
    const needed: readonly string[] = route.scopes;
    if (needed.length === 0) return;
    const scopes = TOKEN_SCOPES.filter((scope) => !needed.includes(scope));
    const token = await createAccessToken(store, { apps: ['chat'], scopes });
    const said = await tryAs(token, call, things);
    expect(said.code).toBe(4101);
    expect(said.text).not.toContain(CANARY);
    expect(plain((await tryAs(token, call, unlike(things))).text, things)).toBe(plain(said.text, things));
  });

  test('with a token of another bot: what is Alice’s is as unknown as what is not there', async () => {
    const said = await tryAs(TOKENS.stranger, call, things);
    const nothing = unlike(things);
    const unknown = await tryAs(TOKENS.stranger, call, nothing);
    expect(said.status, said.text).toBeLessThan(500);
    expect(said.text).not.toContain(CANARY);
    expect(said.code).toBe(unknown.code);
    if (asksForNothing(call[0])) return;
    expect(said.code).toBeGreaterThanOrEqual(4000);
    expect(plain(said.text, things)).toBe(plain(unknown.text, nothing));
  });

  test('with Alice’s it works: what was refused above was hers to ask', async () => {
    const own = await makeThings(coze, 'chat', TOKENS.alice, 'her-own-word');
    const said = await tryAs(TOKENS.alice, call, own);
    expect(said.status, said.text).toBe(200);
    if (call[0] === 'POST /v1/audio/speech') expect(said.code).toBe(-1);
    else if (call[0] === 'POST /v3/chat/submit_tool_outputs') expect(said.text).toContain('is completed');
    else if (call[0] === 'POST /v3/chat/cancel') expect(said.code).toBe(4104);
    else expect(said.code, said.text).toBe(0);
  });
});

/** What a token may do or read whatever it names: its own lists, and what it makes. */
function asksForNothing(name: string): boolean {
  return [
    ...['GET /v1/bots', 'GET /v1/space/published_bots_list', 'GET /v1/workspaces', 'GET /v1/users/me'],
    ...[
      'POST /v1/files/upload',
      'POST /v1/audio/speech',
      'POST /v1/audio/transcriptions',
      'GET /v1/audio/voices',
    ],
  ].includes(name);
}

test('lists of bots have those of the token, and no others', async () => {
  for (const [token, names] of [
    [TOKENS.stranger, ['other']],
    [TOKENS.alice, ['chat']],
  ] as const) {
    const response = await coze.request('GET', '/v1/bots', undefined, { token });
    const { data } = (await response.json()) as { data: { total: number; items: { id: string }[] } };
    expect(data.total).toBe(names.length);
    expect(data.items.map(({ id }) => id === things.bot_id)).toEqual(names.map((name) => name === 'chat'));
  }
});

test.each(difyRoutes.map(({ method, path }) => [method, path] as const))(
  'no token opens %s %s of the Service API',
  async (method, path) => {
    for (const token of [TOKENS.alice, TOKENS.peer]) {
      const response = await fetch(`${coze.parley.url}/v1${path.replace(/:\w+/g, things.conversation_id)}`, {
        method,
        headers: { authorization: `Bearer ${token}` },
      });
      expect(response.status).toBe(401);
      expect(await response.json()).toMatchObject({ code: 'unauthorized' });
    }
  },
);

test('all that time Alice’s things stayed as they were', async () => {
  const now = new Set(await allRows(store));
  expect(rows.length).toBeGreaterThan(6);
  expect(rows.filter((row) => !now.has(row))).toEqual([]);
});
