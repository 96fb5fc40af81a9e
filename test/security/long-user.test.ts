import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { difyRoutes } from '../../src/surfaces/dify/routes/index.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { chatApp, completionApp } from '../support/parley/apps.ts';
import { openTestStore } from '../support/parley/open-test-store.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { appOf, requestFor } from './ask.ts';
import { type Belongings, secretFlow } from './victim.ts';

const UUID = '0190a6f0-0000-7000-8000-000000000000';
/** Things that nobody has: what matters here is decided before they are looked for. */
const NOTHING: Belongings = {
  conversation_id: UUID,
  message_id: UUID,
  task_id: UUID,
  file_id: UUID,
  end_user_id: UUID,
  variable_id: UUID,
  workflow_id: UUID,
  workflow_run_id: UUID,
  finish: async () => true,
};
const LONGEST = 255;

let provider: MockProvider;
let parley: TestParley;

beforeAll(async () => {
  provider = await startMockProvider();
  const everything = {
    speech_to_text: { enabled: true },
    text_to_speech: { enabled: true, voice: 'alloy', language: '', autoPlay: 'disabled' },
    suggested_questions_after_answer: { enabled: true },
  };
  parley = await startParley({
    apps: { chat: chatApp(everything), completion: completionApp(everything), workflow: secretFlow() },
    provider: provider.baseUrl,
  });
});
afterAll(async () => {
  await parley.close();
  await provider.close();
});

async function ask(route: (typeof difyRoutes)[number], user: string, form = false) {
  const { path, init } = requestFor(route, user, NOTHING);
  const headers = new Headers(init.headers);
  headers.set('authorization', `Bearer ${parley.key(appOf(route))}`);
  let { body } = init;
  if (form) {
    headers.delete('content-type');
    const fields = new FormData();
    for (const name of ['text', 'user']) fields.append(name, name === 'user' ? user : 'say it');
    body = fields;
  }
  const response = await fetch(`${parley.url}/v1${path}`, { ...init, headers, ...(body ? { body } : {}) });
  return { status: response.status, text: await response.text() };
}

const naming = difyRoutes.flatMap((route) => {
  const { user, body, method, path } = route;
  if (user.in === 'nowhere') return [];
  const name = `${method} ${path}, user in the ${user.in}`;
  const ways = [[name, route, false] as const];
  const alsoForm = typeof body === 'object' && body.form;
  return alsoForm ? [...ways, [`${name} of a form`, route, true] as const] : ways;
});

test('the routes name end users in every way', () => {
  const ways = new Set(naming.map(([, { user }]) => user.in));
  expect([...ways].sort()).toEqual(['body', 'form', 'query']);
});

describe.each(naming)('%s', (_name, route, form) => {
  test('256 characters: 400 invalid_param', async () => {
    const { status, text } = await ask(route, 'u'.repeat(LONGEST + 1), form);
    expect(status, text).toBe(400);
    expect(JSON.parse(text)).toEqual({
      code: 'invalid_param',
      message: expect.stringMatching(/user.*255/),
      status: 400,
    });
  });

  test('megabytes: refused as well', async () => {
    // A query that long has no place in a request line.
    const length = route.user.in === 'query' ? 8000 : 60_000;
    const { status } = await ask(route, '長'.repeat(length / (route.user.in === 'query' ? 8 : 1)), form);
    expect(status).toBe(400);
  });

  test('255 characters are a name', async () => {
    const { status, text } = await ask(route, 'u'.repeat(LONGEST), form);
    expect(status, text).toBeLessThan(500);
    expect(text).not.toMatch(/at most 255/);
    // Everything that needs nobody's things works.
    const needy = route.path.includes(':') || /^\/(messages|conversations\/)/.test(route.path);
    if (!needy && route.path !== '/chat-messages') expect(status, text).toBeLessThan(300);
  });
});

test('NUL does not count, and a name with 255 characters is one user', async () => {
  const body = { inputs: {}, query: 'q', auto_generate_name: false };
  const user = '長'.repeat(LONGEST);
  for (const name of [user, `${user}\0`]) {
    const response = await parley.request('chat', 'POST', '/chat-messages', { ...body, user: name });
    expect(response.status).toBe(200);
  }
  const list = await parley.request('chat', 'GET', `/conversations?user=${encodeURIComponent(user)}`);
  expect(((await list.json()) as { data: unknown[] }).data).toHaveLength(2);
});

test('no name that was refused is stored', async () => {
  const store = await openTestStore(parley);
  const users = await store.selectFrom('end_users').select('session_id').execute();
  expect(users.filter(({ session_id }) => session_id.length > LONGEST)).toEqual([]);
  await store.destroy();
});
