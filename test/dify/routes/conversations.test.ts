import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../../../src/store/open-store.ts';
import { type MockProvider, startMockProvider } from '../../support/mock-provider/start-mock-provider.ts';
import { chatApp, completionApp } from '../../support/parley/apps.ts';
import { openTestStore } from '../../support/parley/open-test-store.ts';
import { startParley, type TestParley } from '../../support/parley/start-parley.ts';
import { answered, sendChat } from '../../support/parley/turns.ts';
import { type Answer, failure, readAnswer } from './read-answer.ts';

const UNKNOWN = '11111111-1111-4111-8111-111111111111';

let provider: MockProvider;
let parley: TestParley;
let store: Store;

beforeAll(async () => {
  provider = await startMockProvider();
  const chat = chatApp({
    opening_statement: 'Welcome, {{name}}!',
    user_input_form: [{ 'text-input': { label: 'Name', variable: 'name', required: false } }],
  });
  parley = await startParley({
    apps: { chat, other: chat, completion: completionApp() },
    provider: provider.baseUrl,
  });
  store = await openTestStore(parley);
});
afterAll(async () => {
  await store.destroy();
  await parley.close();
  await provider.close();
});
beforeEach(() => provider.reply());

const call = (method: string, path: string, body?: unknown, app = 'chat') =>
  readAnswer(parley.request(app, method, path, body));
const none = failure(404, 'not_found', 'Conversation Not Exists.');
const notChat = failure(400, 'not_chat_app', 'Please check if your app mode matches the right API route.');
const ids = ({ body }: Answer): string[] => body.data.map(({ id }: { id: string }) => id);

describe('GET /conversations', () => {
  test('items carry every field', async () => {
    const turn = await answered(
      sendChat(parley, {
        query: 'A question of more than twenty characters',
        inputs: { name: 'Ann' },
        user: 'items',
      }),
    );
    const { status, body } = await call('GET', '/conversations?user=items');
    expect(status).toBe(200);
    expect(body).toEqual({
      limit: 20,
      has_more: false,
      data: [
        {
          id: turn.conversation_id,
          name: 'A question of more t…',
          inputs: { name: 'Ann' },
          status: 'normal',
          introduction: 'Welcome, Ann!',
          created_at: turn.created_at,
          updated_at: expect.any(Number),
        },
      ],
    });
  });

  test('pages in every order without skipping or repeating, also among equal times', async () => {
    const made: string[] = [];
    for (let n = 0; n < 7; n++)
      made.push((await answered(sendChat(parley, { user: 'pages' }))).conversation_id);
    const set = (column: 'created_at' | 'updated_at', at: number, some: readonly string[]) =>
      store
        .updateTable('conversations')
        .set({ [column]: at })
        .where('id', 'in', [...some])
        .execute();
    await set('created_at', 1_700_000_000_000, made.slice(1, 6));
    await set('created_at', 1_600_000_000_000, made.slice(0, 1));
    await set('updated_at', 1_700_000_000_000, made);
    await set('updated_at', 1_800_000_000_000, made.slice(0, 1));
    const expected = {
      created_at: made,
      '-created_at': made.toReversed(),
      updated_at: [...made.slice(1), made[0]],
      '-updated_at': [made[0], ...made.slice(1).reverse()],
    };
    for (const [sort, order] of Object.entries(expected)) {
      const seen: string[] = [];
      const sizes: number[] = [];
      for (let more = true; more; ) {
        const page = await call(
          'GET',
          `/conversations?user=pages&limit=3&sort_by=${sort}&last_id=${seen.at(-1) ?? ''}`,
        );
        seen.push(...ids(page));
        sizes.push(page.body.data.length);
        more = page.body.has_more;
      }
      expect(seen, sort).toEqual(order);
      expect(sizes, sort).toEqual([3, 3, 1]);
    }
    expect(ids(await call('GET', '/conversations?user=pages'))).toEqual(expected['-updated_at']);
    const whole = await call('GET', '/conversations?user=pages&limit=7');
    expect([whole.body.has_more, whole.body.data.length]).toEqual([false, 7]);
  });

  test('a new message moves a conversation to the top', async () => {
    const first = await answered(sendChat(parley, { user: 'top' }));
    const second = await answered(sendChat(parley, { user: 'top' }));
    await store
      .updateTable('conversations')
      .set({ updated_at: 1 })
      .where('id', 'in', [first.conversation_id, second.conversation_id])
      .execute();
    await answered(sendChat(parley, { user: 'top', conversation_id: first.conversation_id }));
    expect(ids(await call('GET', '/conversations?user=top'))).toEqual([
      first.conversation_id,
      second.conversation_id,
    ]);
  });

  test('are those of one end user of one app', async () => {
    const { conversation_id } = await answered(sendChat(parley, { user: 'alone' }));
    expect(ids(await call('GET', '/conversations?user=alone'))).toEqual([conversation_id]);
    expect(ids(await call('GET', '/conversations?user=alone', undefined, 'other'))).toEqual([]);
    expect(ids(await call('GET', '/conversations'))).not.toContain(conversation_id);
    for (const query of [`user=alone&last_id=${UNKNOWN}`, `user=else&last_id=${conversation_id}`]) {
      expect(await call('GET', `/conversations?${query}`)).toEqual(
        failure(404, 'not_found', 'Last Conversation Not Exists.'),
      );
    }
  });

  test.each([
    ['limit=0', 'greater_than_equal'],
    ['limit=101', 'less_than_equal'],
    ['limit=ten', 'int_parsing'],
    [
      'sort_by=name',
      "Input should be 'created_at', '-created_at', 'updated_at' or '-updated_at' [type=literal_error",
    ],
    ['last_id=x', 'Value error, must be a valid UUID'],
  ])('%s is refused', async (query, message) => {
    expect(await call('GET', `/conversations?${query}`)).toEqual(
      failure(400, 'invalid_param', expect.stringContaining(message)),
    );
  });

  test('what other clients add is ignored; of two values the first counts', async () => {
    const { status, body } = await call(
      'GET',
      '/conversations?user=nobody&pinned=true&first_id=&limit=5&limit=900',
    );
    expect([status, body.limit]).toEqual([200, 5]);
    expect(await call('GET', '/conversations?limit=0', undefined, 'completion')).toEqual(notChat);
  });
});

describe('DELETE /conversations/:id', () => {
  test('204 without a body, then 404, and its messages are gone', async () => {
    const { conversation_id, message_id } = await answered(sendChat(parley, { user: 'del' }));
    const path = `/conversations/${conversation_id}`;
    expect(await call('DELETE', path, { user: 'other' })).toEqual(none);
    expect(await call('DELETE', path, {})).toEqual(none);
    expect(await call('DELETE', path, { user: 'del' }, 'other')).toEqual(none);
    const runs = () =>
      store.selectFrom('runs').select(['error', 'metadata']).where('conversation_id', '=', conversation_id);
    await store
      .updateTable('runs')
      .set({ error: 'quotes the user', metadata: '{}' })
      .where('conversation_id', '=', conversation_id)
      .execute();
    expect(await call('DELETE', path, { user: 'del' })).toEqual({ status: 204, body: null });
    expect(await runs().execute()).toEqual([{ error: null, metadata: null }]);
    expect(await call('DELETE', path, { user: 'del' })).toEqual(none);
    expect(await store.selectFrom('messages').select('id').where('id', '=', message_id).execute()).toEqual(
      [],
    );
    expect(await call('GET', `/messages?conversation_id=${conversation_id}&user=del`)).toEqual(none);
    expect((await sendChat(parley, { user: 'del', conversation_id })).status).toBe(404);
  });

  test('refuses a request without JSON, another mode, and what is no id', async () => {
    expect((await call('DELETE', `/conversations/${UNKNOWN}`)).body).toEqual({
      code: 'unsupported_media_type',
      message:
        "Did not attempt to load JSON data because the request Content-Type was not 'application/json'.",
      status: 415,
    });
    const headers = { authorization: `Bearer ${parley.key('chat')}`, 'content-type': 'application/json' };
    const empty = await readAnswer(
      fetch(`${parley.url}/v1/conversations/${UNKNOWN}`, { method: 'DELETE', headers }),
    );
    expect([empty.status, empty.body.code]).toEqual([400, 'bad_request']);
    expect(await call('DELETE', `/conversations/${UNKNOWN}`, {}, 'completion')).toEqual(notChat);
    expect((await call('DELETE', '/conversations/x', {})).status).toBe(404);
  });
});

describe('POST /conversations/:id/name', () => {
  const rename = (id: string, body: object, app = 'chat') =>
    call('POST', `/conversations/${id}/name`, { user: 'namer', ...body }, app);
  const begin = async () =>
    (await answered(sendChat(parley, { user: 'namer', query: 'Hi' }))).conversation_id;

  test('gives a name', async () => {
    const id = await begin();
    const { status, body } = await rename(id, { name: ' Ünï 名前 ' });
    expect(status).toBe(200);
    expect(body).toEqual({
      id,
      name: ' Ünï 名前 ',
      inputs: { name: null },
      status: 'normal',
      introduction: expect.any(String),
      created_at: expect.any(Number),
      updated_at: expect.any(Number),
    });
    const [listed] = (await call('GET', '/conversations?user=namer&limit=1')).body.data;
    expect(listed).toMatchObject({ id, name: ' Ünï 名前 ' });
  });

  test('lets the model find a title from the first message', async () => {
    const id = await begin();
    await answered(sendChat(parley, { user: 'namer', query: 'Second', conversation_id: id }));
    provider.reply({ tokens: ['A ', 'title'] });
    expect(await rename(id, { auto_generate: true, name: 'ignored' })).toMatchObject({
      status: 200,
      body: { name: 'A title' },
    });
    const asked = provider.requests.at(-1)?.body?.messages?.at(-1)?.content;
    expect(asked).toMatch(/Hi$/);
  });

  test('a model that fails changes nothing', async () => {
    const id = await begin();
    provider.reply({ status: 500 });
    expect(await rename(id, { auto_generate: true })).toMatchObject({
      status: 200,
      body: { id, name: 'Hi' },
    });
  });

  test('a conversation without messages has no title', async () => {
    const id = await begin();
    await store.deleteFrom('messages').where('conversation_id', '=', id).execute();
    expect(await rename(id, { auto_generate: true })).toEqual(failure(400, 'invalid_param', ''));
  });

  test.each([{}, { name: '' }, { name: ' ' }, { name: null }, { auto_generate: false }])(
    '%j is refused',
    async (body) => {
      const answer = await rename(UNKNOWN, body);
      expect(answer).toEqual(failure(400, 'invalid_param', expect.any(String)));
      expect(answer.body.message).toMatch(
        /^1 validation error for ConversationRenamePayload\n {2}Value error, name is required when auto_generate is false \[type=value_error, input_value=\{.*, input_type=dict\]\n/,
      );
    },
  );

  test('refuses other types, and conversations of others', async () => {
    const id = await begin();
    expect((await rename(id, { name: 1 })).body.message).toContain(
      'Input should be a valid string [type=string_type',
    );
    expect((await rename(id, { name: 'x', auto_generate: null })).body.message).toContain(
      'Input should be a valid boolean [type=bool_type, input_value=None, input_type=NoneType]',
    );
    expect((await rename(id, { name: 'x', auto_generate: 'maybe' })).body.message).toContain(
      '[type=bool_parsing',
    );
    expect(await rename(UNKNOWN, { name: 'x' })).toEqual(none);
    expect(await rename(id, { name: 'x', user: 'else' })).toEqual(none);
    expect(await rename(id, { name: 'x' }, 'other')).toEqual(none);
    expect(await rename(id, {}, 'completion')).toEqual(notChat);
    expect(await call('PATCH', `/conversations/${id}`, { name: 'x' })).toEqual(
      failure(405, 'method_not_allowed', 'The method is not allowed for the requested URL.'),
    );
  });
});

describe('conversation variables', () => {
  test('there are none', async () => {
    const { conversation_id } = await answered(sendChat(parley, { user: 'vars' }));
    const path = `/conversations/${conversation_id}/variables`;
    expect(await call('GET', `${path}?user=vars`)).toEqual({
      status: 200,
      body: { limit: 20, has_more: false, data: [] },
    });
    expect((await call('GET', `${path}?user=vars&limit=100&variable_name=a.b_c-1`)).body.limit).toBe(100);
    expect(await call('GET', `${path}?user=else`)).toEqual(none);
    expect(await call('GET', `${path}?user=vars`, undefined, 'other')).toEqual(none);
    expect(await call('GET', `${path}?user=vars&last_id=${UNKNOWN}`)).toEqual(
      failure(400, 'invalid_param', ''),
    );
    expect(await call('GET', path, undefined, 'completion')).toEqual(notChat);
  });

  test.each([
    ['limit=0', 'greater_than_equal'],
    ['limit=101', 'less_than_equal'],
    ['last_id=x', 'Value error, must be a valid UUID'],
    [
      'variable_name=',
      'Value error, Variable name can only contain letters, numbers, hyphens (-), underscores (_), and periods (.)',
    ],
    ['variable_name=a%20b', 'Value error, Variable name can only contain'],
    ['variable_name=%27', 'Value error, Variable name can only contain'],
    ['variable_name=a--b', 'Value error, Variable name contains invalid characters: -- [type=value_error'],
    ['variable_name=XP_x', 'Value error, Variable name contains invalid characters: xp_'],
    ['variable_name=sp_x', 'Value error, Variable name contains invalid characters: sp_'],
    [`variable_name=${'a'.repeat(256)}`, 'String should have at most 255 characters [type=string_too_long'],
  ])('GET with %s is refused', async (query, message) => {
    expect(await call('GET', `/conversations/${UNKNOWN}/variables?${query}`)).toEqual(
      failure(400, 'invalid_param', expect.stringContaining(message)),
    );
  });

  test('PUT finds none', async () => {
    const { conversation_id } = await answered(sendChat(parley, { user: 'vars' }));
    const put = (conversation: string, body: object, app = 'chat') =>
      call('PUT', `/conversations/${conversation}/variables/${UNKNOWN}`, body, app);
    const noVariable = failure(404, 'not_found', 'Conversation Variable Not Exists.');
    expect(await put(conversation_id, { value: 'x', user: 'vars' })).toEqual(noVariable);
    expect(await put(conversation_id, { value: null, user: 'vars' })).toEqual(noVariable);
    expect(await put(conversation_id, { value: 'x', user: 'else' })).toEqual(none);
    expect(await put(conversation_id, { value: 'x', user: 'vars' }, 'other')).toEqual(none);
    expect(await put(UNKNOWN, { value: 'x', user: 'vars' })).toEqual(none);
    expect((await put(conversation_id, { user: 'vars' })).body.message).toContain(
      "value\n  Field required [type=missing, input_value={'user': 'vars'}, input_type=dict]",
    );
    expect(await put(conversation_id, {}, 'completion')).toEqual(notChat);
  });
});
