import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { difyRoutes } from '../../src/surfaces/dify/routes/index.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { chatApp, completionApp } from '../support/parley/apps.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { appOf, requestFor } from './ask.ts';
import { type Belongings, CANARY, makeBelongings, secretFlow } from './victim.ts';

let provider: MockProvider;
let parley: TestParley;
let things: Belongings;

beforeAll(async () => {
  provider = await startMockProvider();
  const everything = {
    user_input_form: [{ paragraph: { label: 's', variable: 'secret', required: false, default: '' } }],
    file_upload: {
      image: { enabled: true, number_limits: 3, transfer_methods: ['local_file', 'remote_url'] },
    },
    suggested_questions_after_answer: { enabled: true },
    speech_to_text: { enabled: true },
    text_to_speech: { enabled: true, voice: '', language: '', autoPlay: 'disabled' },
  };
  parley = await startParley({
    apps: {
      chat: chatApp(everything),
      other: chatApp(everything),
      completion: completionApp(everything),
      workflow: secretFlow(),
      otherFlow: secretFlow('Other secrets'),
    },
    provider: provider.baseUrl,
  });
  things = await makeBelongings(parley, provider);
});
afterAll(async () => {
  expect(await things.finish(), 'nobody has stopped the running answer').toBe(true);
  await parley.close();
  await provider.close();
});

async function ask(route: (typeof difyRoutes)[number], user: string, authorization: string | null) {
  const { path, init } = requestFor(route, user, things);
  const headers = new Headers(init.headers);
  if (authorization !== null) headers.set('authorization', authorization);
  const response = await fetch(`${parley.url}/v1${path}`, { ...init, headers });
  return { status: response.status, text: await response.text(), headers: response.headers };
}

const bearer = (app: string) => `Bearer ${parley.key(app)}`;

/**
 * What these routes may tell anybody with the app's key, by Dify's own rules (`facts/dify-wire.md` §7.4, §8.6, §5, §12.1):
 * the operator reads an app's feedback, end users and runs of workflows, and a file is open to the app whose message it is attached to.
 */
const APP_WIDE = new Set([
  'GET /app/feedbacks',
  'GET /end-users/:end_user_id',
  'GET /files/:file_id/preview',
  'GET /workflows/run/:workflow_run_id',
]);
/** A version of a workflow is nobody's: it is in its app's own file. */
const isVersion = (path: string) => path.startsWith('/workflows/:workflow_id/');
/** Says success to everybody and does nothing (`facts/dify-wire.md` §4). */
const isStop = (path: string) => path.endsWith('/stop');

describe.each(difyRoutes.map((route) => [`${route.method} ${route.path}`, route] as const))(
  '%s',
  (name, route) => {
    test.each([
      ['no key', null],
      ['an empty header', ''],
      ['another scheme', 'Basic YWxhZGRpbjpvcGVu'],
      ['a wrong key', 'Bearer app-000000000000000000000000'],
      ['a dataset key', 'Bearer dataset-000000000000000000000000'],
      ['a key cut short', 'prefix'],
      ['an SQL wildcard', 'Bearer %'],
    ])('%s: 401 with the envelope', async (_, authorization) => {
      const given = authorization === 'prefix' ? bearer('chat').slice(0, -1) : authorization;
      const { status, text, headers } = await ask(route, 'alice', given);
      expect(status).toBe(401);
      const body = JSON.parse(text);
      expect(Object.keys(body)).toEqual(['code', 'message', 'status']);
      expect(body).toMatchObject({ code: 'unauthorized', status: 401 });
      expect(headers.get('www-authenticate')).toBe('Bearer realm="api"');
    });

    test('the key of another app reaches nothing of Alice’s, with her name or without', async () => {
      for (const [app, user] of [
        ['other', 'alice'],
        ['other', 'mallory'],
        ['completion', 'alice'],
        ['otherFlow', 'alice'],
      ] as const) {
        const { status, text } = await ask(route, user, bearer(app));
        expect(status, text).toBeLessThan(500);
        expect(text).not.toContain(CANARY);
        if (route.path.includes(':') && !isStop(route.path)) {
          expect(status, text).toBeGreaterThanOrEqual(400);
          expect(Object.keys(JSON.parse(text))).toEqual(['code', 'message', 'status']);
        }
      }
    });

    test('another user of the app reaches nothing of Alice’s', async () => {
      for (const user of ['mallory', things.end_user_id]) {
        const { status, text } = await ask(route, user, bearer(appOf(route)));
        expect(status, text).toBeLessThan(500);
        if (APP_WIDE.has(name)) continue;
        expect(text).not.toContain(CANARY);
        if (route.path.includes(':') && !isStop(route.path) && !isVersion(route.path))
          expect(status, text).toBeGreaterThanOrEqual(400);
      }
    });

    test('ids that are none: an error, never 500', async () => {
      for (const id of ["'", '%00', '..%2f..%2fetc%2fpasswd', 'null', '[object%20Object]', 'a'.repeat(400)]) {
        if (!route.path.includes(':')) return;
        const path = route.path.replace(/:\w+/g, id);
        const { init } = requestFor(route, 'alice', things);
        const headers = new Headers(init.headers);
        headers.set('authorization', bearer(appOf(route)));
        const response = await fetch(`${parley.url}/v1${path}?user=alice`, { ...init, headers });
        const text = await response.text();
        expect(response.status, `${path}: ${text}`).toBeLessThan(500);
        if (!isStop(route.path)) expect(response.status, text).toBeGreaterThanOrEqual(400);
      }
    });
  },
);

test('all that time Alice’s things stayed as they were', async () => {
  const messages = await parley.request(
    'chat',
    'GET',
    `/messages?user=alice&conversation_id=${things.conversation_id}`,
  );
  const page = (await messages.json()) as { data: Record<string, unknown>[] };
  expect(page.data).toHaveLength(1);
  expect(page.data[0]).toMatchObject({ feedback: { rating: 'like' } });
  const list = await parley.request('chat', 'GET', '/conversations?user=alice');
  const names = ((await list.json()) as { data: { name: string }[] }).data.map(({ name }) => name);
  expect(names).toHaveLength(2);
  expect(names).not.toContain('renamed');
  const variables = await parley.request(
    'chat',
    'GET',
    `/conversations/${things.conversation_id}/variables?user=alice`,
  );
  expect(((await variables.json()) as typeof page).data).toMatchObject([
    { id: things.variable_id, value: CANARY },
  ]);
  const run = await parley.request('workflow', 'GET', `/workflows/run/${things.workflow_run_id}`);
  expect(await run.json()).toMatchObject({ status: 'succeeded', outputs: { said: CANARY } });
});
