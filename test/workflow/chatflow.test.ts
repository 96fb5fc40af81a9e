import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { MockRequest } from '../support/mock-provider/mock-request.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { answered, sendChat, type Wire } from '../support/parley/turns.ts';
import { responseProblems } from '../support/spec/dify-spec.ts';
import { answerNode, graphApp, llmNode, startNode, type TestNode } from './graph-app.ts';
import { rewriteApp } from './rewrite-app.ts';
import { dataOf, type Fields, finishedIn, shownIn, streamChatflow } from './workflow-turns.ts';

const MODEL = { provider: 'openai', name: 'model-of-the-first', mode: 'chat', completion_params: {} };
const SYSTEM = [
  'query',
  'dialogue_count',
  'user_id',
  'app_id',
  'workflow_id',
  'workflow_run_id',
  'conversation_id',
];
const VARIABLES = [
  { id: 'v1', name: 'last', value_type: 'string', value: 'nothing', description: 'What was said last' },
  { id: 'v2', name: 'turns', value_type: 'number', value: 0, description: '' },
  { id: 'v3', name: 'all', value_type: 'array[string]', value: [], description: '' },
  { id: 'v4', name: 'facts', value_type: 'object', value: { a: 1 }, description: '' },
];
/** Shows what the variables held, then sets them. */
const NOTES: Readonly<Record<string, TestNode>> = {
  start: startNode(),
  before: answerNode('{{#conversation.last#}} {{#conversation.turns#}}'),
  set: {
    ...{ type: 'assigner', version: '2' },
    items: [
      {
        ...{ variable_selector: ['conversation', 'last'], input_type: 'variable', operation: 'over-write' },
        value: ['sys', 'query'],
      },
      { variable_selector: ['conversation', 'turns'], input_type: 'constant', operation: '+=', value: 1 },
      {
        ...{ variable_selector: ['conversation', 'all'], input_type: 'variable', operation: 'append' },
        value: ['sys', 'query'],
      },
    ],
  },
  after: answerNode(' -> {{#conversation.last#}} {{#conversation.turns#}} {{#conversation.all#}}'),
};

let provider: MockProvider;
let parley: TestParley;

const isTitle = ({ body }: MockRequest) => JSON.stringify(body?.messages).includes('Write a short title');
const isSuggestion = ({ body }: MockRequest) => /questions/i.test(JSON.stringify(body?.messages));
const isSpeech = ({ path }: MockRequest) => path.includes('speech');

beforeAll(async () => {
  provider = await startMockProvider();
  const memory = { window: { enabled: true, size: 2 }, query_prompt_template: '{{#sys.query#}}' };
  const system = (text: string) => ({ prompt_template: [{ role: 'system', text }], model: MODEL });
  parley = await startParley({
    provider: provider.baseUrl,
    apps: {
      system: graphApp('advanced-chat', {
        start: startNode('name'),
        answer: answerNode(SYSTEM.map((name) => `${name}={{#sys.${name}#}}`).join('\n')),
      }),
      memory: graphApp(
        'advanced-chat',
        {
          start: startNode('name'),
          llm: llmNode('', { ...system('You are {{#start.name#}}.'), memory }),
          judge: llmNode('', { ...system('You judge.'), model: { ...MODEL, name: 'model-of-the-second' } }),
          answer: answerNode('{{#llm.text#}}'),
        },
        {
          features: {
            opening_statement: 'Welcome, {{name}}!',
            suggested_questions: ['And you, {{name}}?'],
            suggested_questions_after_answer: { enabled: true },
          },
        },
      ),
      notes: graphApp('advanced-chat', NOTES, { conversation_variables: VARIABLES }),
      version: versioned('First', 'one'),
      spoken: graphApp(
        'advanced-chat',
        { start: startNode(), llm: llmNode('Speak.'), answer: answerNode('{{#llm.text#}}') },
        {
          features: {
            text_to_speech: { enabled: true, voice: 'nova', language: 'en-US', autoPlay: 'enabled' },
          },
        },
      ),
    },
  });
});
beforeEach(() => provider.reply({ tokens: ['the', ' answer'] }));
afterAll(async () => {
  await parley.close();
  await provider.close();
});

function versioned(name: string, text: string): string {
  return graphApp(
    'advanced-chat',
    { start: startNode(), answer: answerNode(`${text} {{#sys.workflow_id#}}`) },
    { name },
  );
}

const turn = (app: string, body: Fields = {}): Promise<Wire> => answered(sendChat(parley, body, app));
const get = async (app: string, path: string): Promise<Fields> =>
  (await (await parley.request(app, 'GET', path)).json()) as Fields;

describe('system variables', () => {
  const read = (answer: unknown) =>
    Object.fromEntries(
      String(answer)
        .split('\n')
        .map((line) => line.split('=') as [string, string]),
    );

  test('name the turn; turns are counted', async () => {
    const first = await streamChatflow(parley, { query: 'Hello', user: 'me' }, 'system');
    const [begun] = first;
    const conversation_id = begun?.conversation_id as string;
    expect(read(shownIn(first))).toEqual({
      ...{ query: 'Hello', dialogue_count: '1', user_id: 'me', app_id: 'system', conversation_id },
      workflow_id: finishedIn(first).workflow_id,
      workflow_run_id: begun?.workflow_run_id,
    });
    const second = await turn('system', { query: 'Again', user: 'me', conversation_id });
    expect(second.conversation_id).toBe(conversation_id);
    expect(read(second.answer)).toMatchObject({ query: 'Again', dialogue_count: '2', conversation_id });
    const third = await streamChatflow(parley, { user: 'me', conversation_id }, 'system');
    expect(dataOf(third, 'workflow_started')[0]?.inputs).toMatchObject({ 'sys.dialogue_count': 3 });
    const other = await turn('system', { user: 'me' });
    expect(read(other.answer).dialogue_count).toBe('1');
  });

  test("another end user's conversation is none", async () => {
    const { conversation_id } = await turn('system', { user: 'me' });
    for (const response_mode of ['streaming', 'blocking']) {
      const response = await sendChat(parley, { user: 'you', conversation_id, response_mode }, 'system');
      expect(response.status).toBe(404);
      expect(await response.json()).toEqual({
        ...{ code: 'not_found', message: 'Conversation Not Exists.', status: 404 },
      });
    }
    const empty = await sendChat(parley, { query: '', response_mode: 'streaming' }, 'system');
    expect(await empty.json()).toEqual({ code: 'invalid_param', message: 'query is required', status: 400 });
  });
});

describe('what was said before', () => {
  test('goes to nodes with a memory, as many turns as its window is wide', async () => {
    const body = { user: 'rememberer', inputs: { name: 'Ada' } };
    const seen = provider.requests.length;
    provider.reply(({ body }) => ({ tokens: [body?.model === MODEL.name ? 'first' : 'judged'] }));
    const first = await turn('memory', { ...body, query: 'one' });
    const { conversation_id } = first;
    for (const query of ['two', 'three', 'four']) await turn('memory', { ...body, query, conversation_id });
    const asked = provider.requests.slice(seen);
    expect(asked.map(({ body }) => body?.model)).toEqual(
      Array.from({ length: 4 }, () => [MODEL.name, 'model-of-the-second']).flat(),
    );
    const said = (role: string, content: string) => ({ role, content });
    const you = said('system', 'You are Ada.');
    expect(asked[0]?.messages).toEqual([you, said('user', 'one')]);
    expect(asked[2]?.messages).toEqual([
      ...[you, said('user', 'one'), said('assistant', 'first'), said('user', 'two')],
    ]);
    expect(asked[6]?.messages).toEqual([
      ...[you, said('user', 'two'), said('assistant', 'first')],
      ...[said('user', 'three'), said('assistant', 'first'), said('user', 'four')],
    ]);
    // Of the node without a memory nothing is remembered, and nothing goes to it.
    expect(asked[7]?.messages).toEqual([said('system', 'You judge.')]);

    const list = await get('memory', `/messages?user=rememberer&conversation_id=${conversation_id}`);
    expect(responseProblems('get', '/messages', 200, list)).toEqual([]);
    expect(list.data).toMatchObject(
      ['one', 'two', 'three', 'four'].map((query) => ({ query, answer: 'first', status: 'normal' })),
    );
    expect((list.data as Fields[])[0]).toMatchObject({ inputs: { name: 'Ada' }, id: first.message_id });
  });

  test('opening statement, questions and titles come with the model of the first node', async () => {
    provider.reply((request) => {
      if (isTitle(request)) return { tokens: ['A fine title'] };
      return isSuggestion(request) ? { tokens: ['["And then?", "Why?"]'] } : { tokens: ['because'] };
    });
    const inputs = { name: 'Bob' };
    const first = await turn('memory', {
      user: 'curious',
      inputs,
      auto_generate_name: true,
      query: 'Tell me.',
    });
    const conversation = async () =>
      ((await get('memory', '/conversations?user=curious')).data as Fields[]).find(
        ({ id }) => id === first.conversation_id,
      );
    await expect.poll(conversation, { interval: 5, timeout: 5000 }).toMatchObject({
      ...{ name: 'A fine title', introduction: 'Welcome, Bob!', inputs },
    });
    const suggested = await get('memory', `/messages/${first.message_id}/suggested?user=curious`);
    expect(suggested).toEqual({ result: 'success', data: ['And then?', 'Why?'] });
    expect(provider.requests.filter(isTitle).map(({ body }) => body?.model)).toEqual([MODEL.name]);
    expect(provider.requests.filter(isSuggestion).map(({ body }) => body?.model)).toEqual([MODEL.name]);
    const renamed = await parley.request('memory', 'POST', `/conversations/${first.conversation_id}/name`, {
      ...{ user: 'curious', auto_generate: true },
    });
    expect(await renamed.json()).toMatchObject({ name: 'A fine title' });
    expect(await get('memory', '/parameters')).toMatchObject({
      opening_statement: 'Welcome, {{name}}!',
      suggested_questions_after_answer: { enabled: true },
    });
  });
});

describe('variables of a conversation', () => {
  const say = (user: string, query: string, conversation_id?: string): Promise<Wire> =>
    turn('notes', { user, query, conversation_id });
  const list = (user: string, id: string, more = '') =>
    get('notes', `/conversations/${id}/variables?user=${user}${more}`);
  const put = (user: string, id: string, variable: unknown, value: unknown) =>
    parley.request('notes', 'PUT', `/conversations/${id}/variables/${variable}`, { user, value });

  test('live from turn to turn, each conversation its own, also through a restart', async () => {
    const first = await say('keeper', 'a');
    expect(first.answer).toBe('nothing 0 -> a 1 - a');
    const id = first.conversation_id;
    expect((await say('keeper', 'b', id)).answer).toBe('a 1 -> b 2 - a\n- b');
    expect((await say('keeper', 'x')).answer).toBe('nothing 0 -> x 1 - x');
    await parley.restart();
    expect((await say('keeper', 'c', id)).answer).toBe('b 2 -> c 3 - a\n- b\n- c');
  });

  test('are listed and set by clients', async () => {
    const { conversation_id: id } = await say('setter', 'a');
    const all = await list('setter', id);
    expect(responseProblems('get', '/conversations/{conversation_id}/variables', 200, all)).toEqual([]);
    expect(all).toMatchObject({
      ...{ limit: 20, has_more: false },
      data: [
        { name: 'last', value_type: 'string', value: 'a', description: 'What was said last' },
        { name: 'turns', value_type: 'number', value: '1' },
        { name: 'all', value_type: 'array[string]', value: '["a"]' },
        { name: 'facts', value_type: 'object', value: '{"a":1}' },
      ],
    });
    const [last, turns, texts] = all.data as Fields[];
    expect((await list('setter', id, '&variable_name=TUR')).data).toMatchObject([{ name: 'turns' }]);
    expect(await list('setter', id, '&limit=1')).toMatchObject({ has_more: true, data: [{ name: 'last' }] });
    const page = await list('setter', id, `&limit=2&last_id=${last?.id}`);
    expect(page).toMatchObject({ has_more: true, data: [{ name: 'turns' }, { name: 'all' }] });

    const updated = await put('setter', id, last?.id, 'set by a client');
    expect(await updated.json()).toMatchObject({ id: last?.id, value: 'set by a client' });
    expect((await put('setter', id, turns?.id, 41)).status).toBe(200);
    expect((await put('setter', id, texts?.id, ['z'])).status).toBe(200);
    expect((await say('setter', 'b', id)).answer).toBe('set by a client 41 -> b 42 - z\n- b');

    const wrong = await put('setter', id, turns?.id, 'many');
    expect(await wrong.json()).toEqual({
      ...{ code: 'bad_request', status: 400 },
      message: "Type mismatch: variable 'turns' expects number, but got string type",
    });
    const none = await put('setter', id, '00000000-0000-4000-8000-000000000000', 'x');
    expect(await none.json()).toMatchObject({ status: 404, message: 'Conversation Variable Not Exists.' });
    for (const foreign of [
      await put('else', id, last?.id, 'mine now'),
      await parley.request('notes', 'GET', `/conversations/${id}/variables?user=else`),
    ])
      expect(await foreign.json()).toMatchObject({ status: 404, message: 'Conversation Not Exists.' });
    expect((await say('setter', 'c', id)).answer).toBe('b 42 -> c 43 - z\n- b\n- c');
  });

  test('that the app gets later come with the next turn', async () => {
    const { conversation_id: id } = await say('later', 'a');
    const more = { id: 'v5', name: 'mood', value_type: 'string', value: 'calm', description: '' };
    const nodes = { ...NOTES, mood: answerNode(' ({{#conversation.mood#}})') };
    const name = 'With mood';
    const dsl = graphApp('advanced-chat', nodes, { name, conversation_variables: [...VARIABLES, more] });
    await rewriteApp(parley, 'notes', { name, dsl });
    expect((await say('later', 'b', id)).answer).toBe('a 1 -> b 2 - a\n- b (calm)');
    const { data } = await list('later', id);
    expect(data).toMatchObject([{}, {}, {}, {}, { name: 'mood', value: 'calm' }]);
  });
});

test('a conversation goes on with the newest version of its app, or the one that is asked for', async () => {
  const first = await turn('version');
  const old = String(first.answer).replace('one ', '');
  await rewriteApp(parley, 'version', { name: 'Second', dsl: versioned('Second', 'two') });
  const { conversation_id } = first;
  const second = await turn('version', { conversation_id });
  expect(second.answer).toMatch(/^two /);
  expect(second.answer).not.toContain(old);
  expect((await turn('version', { conversation_id, workflow_id: old })).answer).toBe(`one ${old}`);
  expect((await turn('version', { conversation_id })).answer).toBe(second.answer);
  expect((await turn('version', { workflow_id: '' })).answer).toBe(second.answer);

  const refusals: readonly [string, number, string, string][] = [
    ['nonsense', 400, 'bad_request', "Invalid workflow_id format: 'nonsense'. "],
    [
      ...(['draft', 400, 'bad_request'] as const),
      'Cannot use draft workflow version. Workflow ID: draft. Please use a published workflow version or leave workflow_id empty.',
    ],
    [
      '00000000-0000-8000-8000-000000000000',
      404,
      'not_found',
      'Workflow not found with id: 00000000-0000-8000-8000-000000000000',
    ],
  ];
  for (const [workflow_id, status, code, message] of refusals) {
    for (const response_mode of ['streaming', 'blocking']) {
      const response = await sendChat(parley, { conversation_id, workflow_id, response_mode }, 'version');
      expect(response.status).toBe(status);
      expect(await response.json()).toEqual({ code, message, status });
    }
  }
});

test('an answer is spoken where the app plays its answers', async () => {
  provider.reply((request) =>
    isSpeech(request) ? {} : { tokens: ['A sentence that is long enough to say.'] },
  );
  const events = await streamChatflow(parley, {}, 'spoken');
  const kinds = events.map(({ event }) => event);
  expect(kinds).toContain('tts_message');
  expect(kinds.slice(-3)).toEqual(['message_end', 'tts_message_end', 'workflow_finished']);
  expect(provider.requests.filter(isSpeech).at(-1)?.body?.input).toBe(
    'A sentence that is long enough to say.',
  );
});
