import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chatApp, completionApp } from '../../support/parley/apps.ts';
import { startParley, type TestParley } from '../../support/parley/start-parley.ts';
import { answered, sendChat } from '../../support/parley/turns.ts';
import { responseProblems } from '../../support/spec/dify-spec.ts';
import { answerNode, endNode, graphApp, startNode } from '../../workflow/graph-app.ts';
import { failure, type Json, readAnswer } from '../routes/read-answer.ts';

const UNKNOWN = '11111111-1111-4111-8111-111111111111';

/** Each type with its first value, as the wire shows it, and another value that it takes. */
const VARIABLES = {
  last: {
    type: 'string',
    value: 'none yet',
    shown: 'none yet',
    other: 'with "quotes"\n',
    later: 'with "quotes"\n',
  },
  count: { type: 'number', value: 1, shown: '1', other: 2.5, later: '2.5' },
  whole: { type: 'integer', value: 7, shown: '7', other: 1.5, later: '1.5' },
  part: { type: 'float', value: 0.5, shown: '0.5', other: 3, later: '3' },
  flag: { type: 'boolean', value: true, shown: 'true', other: false, later: 'false' },
  data: { type: 'object', value: { a: 1 }, shown: '{"a":1}', other: { b: [null] }, later: '{"b":[null]}' },
  key: { type: 'secret', value: 's3cret', shown: 's3cret', other: 'n3w', later: 'n3w' },
  words: { type: 'array[string]', value: ['x'], shown: '["x"]', other: [], later: '[]' },
  numbers: { type: 'array[number]', value: [1], shown: '[1]', other: [1, 2.5], later: '[1,2.5]' },
  flags: { type: 'array[boolean]', value: [true], shown: '[true]', other: [false], later: '[false]' },
  things: { type: 'array[object]', value: [{}], shown: '[{}]', other: [{ a: 1 }], later: '[{"a":1}]' },
} as const;
const NUMBERS = ['number', 'integer', 'float'];

let parley: TestParley;

beforeAll(async () => {
  const conversation_variables = Object.entries(VARIABLES).map(([name, { type, value }]) => ({
    ...{ id: name, name, value, value_type: type, description: `About ${name}` },
    selector: ['conversation', name],
  }));
  const chatflow = graphApp(
    'advanced-chat',
    {
      start: startNode(),
      answer: answerNode('last {{#conversation.last#}}, count {{#conversation.count#}}'),
      keep: {
        ...{ type: 'assigner', version: '2' },
        items: [
          {
            ...{ variable_selector: ['conversation', 'last'], input_type: 'variable' },
            ...{ operation: 'over-write', value: ['sys', 'query'] },
          },
        ],
      },
      done: answerNode('.'),
    },
    { conversation_variables },
  );
  const workflow = graphApp('workflow', { start: startNode(), end: endNode({ user: ['sys', 'user_id'] }) });
  parley = await startParley({
    apps: { chatflow, other: chatflow, workflow, chat: chatApp(), completion: completionApp() },
  });
});
afterAll(() => parley.close());

const call = (method: string, path: string, body?: unknown, app = 'chatflow') =>
  readAnswer(parley.request(app, method, path, body));
const say = (query: string, conversation_id = '') =>
  answered(sendChat(parley, { query, conversation_id, user: 'ann' }, 'chatflow'));
const list = async (conversation: string, query = '') =>
  (await call('GET', `/conversations/${conversation}/variables?user=ann&${query}`)).body;
const namesOf = ({ data }: Json): string[] => data.map(({ name }: Json) => name);
/** A new conversation, and the ids of its variables by name. */
async function begin(): Promise<{ conversation: string; ids: Record<string, string> }> {
  const conversation = (await say('first')).conversation_id;
  const { data } = await list(conversation);
  return { conversation, ids: Object.fromEntries(data.map(({ id, name }: Json) => [name, id])) };
}
const put = (conversation: string, id: string | undefined, body: object, app = 'chatflow') =>
  call('PUT', `/conversations/${conversation}/variables/${id}`, { user: 'ann', ...body }, app);

const none = failure(404, 'not_found', 'Conversation Not Exists.');
const noVariable = failure(404, 'not_found', 'Conversation Variable Not Exists.');

describe('GET /conversations/:conversation_id/variables', () => {
  test('all of them, in their order, with what the turn has set', async () => {
    const { conversation_id } = await say('Hello');
    const body = await list(conversation_id);
    expect(body).toMatchObject({ limit: 20, has_more: false });
    expect(body.data).toEqual(
      Object.entries(VARIABLES).map(([name, { type, shown }]) => ({
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        name,
        value_type: NUMBERS.includes(type) ? 'number' : type,
        value: name === 'last' ? 'Hello' : shown,
        description: `About ${name}`,
        created_at: expect.any(Number),
        updated_at: expect.any(Number),
      })),
    );
    for (const { created_at, updated_at } of body.data) {
      expect(Math.abs(created_at - Date.now() / 1000)).toBeLessThan(60);
      expect(updated_at).toBeGreaterThanOrEqual(created_at);
    }
    expect(responseProblems('get', '/conversations/{conversation_id}/variables', 200, body)).toEqual([]);
  });

  test('pages, and by part of a name', async () => {
    const { conversation, ids } = await begin();
    const all = Object.keys(VARIABLES);
    const seen: string[] = [];
    const sizes: number[] = [];
    for (let more = true; more; ) {
      const page = await list(conversation, `limit=4&last_id=${ids[seen.at(-1) ?? ''] ?? ''}`);
      seen.push(...namesOf(page));
      sizes.push(page.data.length);
      more = page.has_more;
    }
    expect(seen).toEqual(all);
    expect(sizes).toEqual([4, 4, 3]);
    expect(namesOf(await list(conversation, 'variable_name=FLAG'))).toEqual(['flag', 'flags']);
    expect(namesOf(await list(conversation, `variable_name=flag&last_id=${ids.flag}`))).toEqual(['flags']);
    expect(namesOf(await list(conversation, 'variable_name=f_ag'))).toEqual([]);
  });

  test('an id that is none of this conversation’s is refused', async () => {
    const [mine, other] = [await begin(), await begin()];
    for (const id of [UNKNOWN, other.ids.last])
      expect(
        await call('GET', `/conversations/${mine.conversation}/variables?user=ann&last_id=${id}`),
      ).toEqual(failure(400, 'invalid_param', ''));
  });

  test('are the owner’s', async () => {
    const { conversation } = await begin();
    const path = `/conversations/${conversation}/variables`;
    expect(await call('GET', `${path}?user=bob`)).toEqual(none);
    expect(await call('GET', path)).toEqual(none);
    for (const app of ['other', 'chat'])
      expect(await call('GET', `${path}?user=ann`, undefined, app)).toEqual(none);
    for (const app of ['workflow', 'completion'])
      expect((await call('GET', `${path}?user=ann`, undefined, app)).body.code).toBe('not_chat_app');
  });

  test('go with their conversation', async () => {
    const { conversation } = await begin();
    await call('DELETE', `/conversations/${conversation}`, { user: 'ann' });
    expect(await call('GET', `/conversations/${conversation}/variables?user=ann`)).toEqual(none);
  });
});

describe('PUT /conversations/:conversation_id/variables/:variable_id', () => {
  test.each(Object.entries(VARIABLES))('%s takes its own type', async (name, { type, other, later }) => {
    const { conversation, ids } = await begin();
    const { status, body } = await put(conversation, ids[name], { value: other });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      ...{ id: ids[name], name, value: later, description: `About ${name}` },
      value_type: NUMBERS.includes(type) ? 'number' : type,
    });
    const path = '/conversations/{conversation_id}/variables/{variable_id}';
    expect(responseProblems('put', path, 200, body)).toEqual([]);
    const stored = (await list(conversation)).data.find((item: Json) => item.name === name);
    expect(stored).toEqual(body);
  });

  test.each([
    ['last', 5, 'string', 'number'],
    ['last', null, 'string', 'none'],
    ['key', true, 'secret', 'boolean'],
    ['count', '5', 'number', 'string'],
    ['whole', true, 'number', 'boolean'],
    ['part', [1], 'number', 'array[number]'],
    ['flag', 1, 'boolean', 'number'],
    ['data', [], 'object', 'array[any]'],
    ['data', [{}], 'object', 'array[object]'],
    ['words', [1], 'array[string]', 'array[number]'],
    ['words', ['a', 1], 'array[string]', 'array[any]'],
    ['words', {}, 'array[string]', 'object'],
    ['numbers', [null], 'array[number]', 'array[any]'],
    ['things', [[]], 'array[object]', 'array[any]'],
  ])('%s does not take %j', async (name, value, expects, got) => {
    const { conversation, ids } = await begin();
    const before = await list(conversation);
    const answer = await put(conversation, ids[name], { value });
    expect(answer).toEqual(
      failure(
        400,
        'bad_request',
        `Type mismatch: variable '${name}' expects ${expects}, but got ${got} type`,
      ),
    );
    const path = '/conversations/{conversation_id}/variables/{variable_id}';
    expect(responseProblems('put', path, 400, answer.body)).toEqual([]);
    expect(await list(conversation)).toEqual(before);
  });

  test('the app’s next turn has the new value', async () => {
    const { conversation, ids } = await begin();
    await put(conversation, ids.last, { value: 'set by hand' });
    await put(conversation, ids.count, { value: 40 });
    const { answer } = await say('second', conversation);
    expect(answer).toContain('last set by hand, count 40');
    expect(namesOf(await list(conversation, 'variable_name=last'))).toEqual(['last']);
    expect((await list(conversation, 'variable_name=last')).data[0].value).toBe('second');
  });

  test('a value has at most 200 KiB', async () => {
    const { conversation, ids } = await begin();
    const size = 200 * 1024;
    const fits = await put(conversation, ids.last, { value: 'x'.repeat(size - 2) });
    expect([fits.status, fits.body.value.length]).toEqual([200, size - 2]);
    expect(await put(conversation, ids.last, { value: 'x'.repeat(size - 1) })).toEqual(
      failure(400, 'invalid_param', `variable size ${size + 1} exceeds limit ${size}`),
    );
    expect((await put(conversation, ids.last, { value: 'é'.repeat(size / 2) })).status).toBe(400);
  });

  test('names in a value mean nothing', async () => {
    const { conversation, ids } = await begin();
    const send = (value: string) =>
      readAnswer(
        fetch(`${parley.url}/v1/conversations/${conversation}/variables/${ids.data}`, {
          method: 'PUT',
          headers: { authorization: `Bearer ${parley.key('chatflow')}`, 'content-type': 'application/json' },
          body: `{"user":"ann","value":${value}}`,
        }),
      );
    const value = '{"constructor":"\\u0000\'; drop table runs --","toString":1}';
    expect((await send(value)).body.value).toBe(value);
    expect((await send('{"__proto__":{"polluted":true}}')).status).toBe(400);
    expect((await list(conversation, 'variable_name=data')).data[0].value).toBe(value);
  });

  test('finds only the owner’s', async () => {
    const [mine, other] = [await begin(), await begin()];
    const { conversation, ids } = mine;
    expect(await put(conversation, other.ids.last, { value: 'x' })).toEqual(noVariable);
    expect(await put(conversation, UNKNOWN, { value: 'x' })).toEqual(noVariable);
    expect(await put(UNKNOWN, ids.last, { value: 'x' })).toEqual(none);
    expect(await put(conversation, ids.last, { value: 'x', user: 'bob' })).toEqual(none);
    expect(await put(conversation, ids.last, { value: 'x' }, 'other')).toEqual(none);
    expect((await put(conversation, ids.last, { value: 'x' }, 'workflow')).body.code).toBe('not_chat_app');
    expect((await put(conversation, ids.last, {})).body.message).toContain('value\n  Field required');
    expect((await put(conversation, 'x', { value: 'x' })).status).toBe(404);
    expect(namesOf(await list(conversation))).toEqual(Object.keys(VARIABLES));
  });
});
