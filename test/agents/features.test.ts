import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Store } from '../../src/store/open-store.ts';
import { inTurn } from '../support/mock-provider/in-turn.ts';
import type { MockReply } from '../support/mock-provider/mock-reply.ts';
import type { MockRequest } from '../support/mock-provider/mock-request.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { kindsOf, saidIn } from '../support/parley/agent-events.ts';
import { agentApp, chatApp } from '../support/parley/apps.ts';
import { openTestStore } from '../support/parley/open-test-store.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { streamChat, type Wire } from '../support/parley/turns.ts';
import { textParameter, writeOpenApi } from '../support/tools/openapi-document.ts';
import { type Callee, startCallee } from '../support/tools/start-callee.ts';

const CALL = { name: 'weekday', arguments: '{"year": 2024, "month": 1, "day": 5}' };
const action = (name: string, input: unknown) => JSON.stringify({ action: name, action_input: input });

let provider: MockProvider;
let callee: Callee;
let document: Awaited<ReturnType<typeof writeOpenApi>>;
let parley: TestParley;
let store: Store;

beforeAll(async () => {
  provider = await startMockProvider();
  callee = await startCallee();
  document = await writeOpenApi(callee.url, {
    lookup: { path: '/lookup', summary: 'Looks up', parameters: [textParameter('q')] },
  });
  const weekday = { provider: 'time', tool: 'weekday' };
  const tools = [
    weekday,
    { type: 'api', provider: 'service', tool: 'lookup' },
    { type: 'workflow', provider: 'helper', tool: 'helper' },
  ];
  const spoken = { text_to_speech: { enabled: true, voice: 'nova', language: 'en-US', autoPlay: 'enabled' } };
  parley = await startParley({
    provider: provider.baseUrl,
    apps: {
      agent: agentApp(tools, {
        opening_statement: 'Good day.',
        suggested_questions: ['One?'],
        suggested_questions_after_answer: { enabled: true },
      }),
      spoken: agentApp([weekday], spoken),
      'spoken-react': agentApp([weekday], { ...spoken, agent: { strategy: 'react' } }),
      bare: agentApp([]),
      helper: chatApp(),
    },
    config: { tools: [{ name: 'service', openapi: document.file }] },
  });
  store = await openTestStore(parley);
});
afterAll(async () => {
  await store.destroy();
  await parley.close();
  await document.remove();
  await callee.close();
  await provider.close();
});

const isTitle = ({ messages }: MockRequest) => JSON.stringify(messages).includes('Write a short title');
const isSpeech = ({ path }: MockRequest) => path.includes('speech');

async function take(app: string, body: object = {}) {
  return (await (await streamChat(parley, { ...body }, app)).readAll()) as Wire[];
}

async function json(app: string, path: string): Promise<Record<string, unknown>> {
  const response = await parley.request(app, 'GET', path);
  expect(response.status).toBe(200);
  return (await response.json()) as Record<string, unknown>;
}

test('an agent’s conversation gets a title, asked for when the answer has begun', async () => {
  const rounds = inTurn({ toolCalls: [CALL] }, { tokens: ['It is', ' a Friday.'] }) as () => MockReply;
  provider.reply((request) => (isTitle(request) ? { tokens: ['The day in question'] } : rounds()));
  const before = provider.requests.length;
  const query = 'Which day of the week was it?';
  const [first] = await take('agent', { query, user: 'titled', auto_generate_name: true });
  const name = async () => ((await json('agent', '/conversations?user=titled')).data as Wire[])[0];
  await expect.poll(name, { interval: 5, timeout: 5_000 }).toMatchObject({
    ...{ id: first?.conversation_id, name: 'The day in question', introduction: 'Good day.' },
  });
  // Not while the model still works: one that serves a single request at a time answers first.
  const asked = provider.requests.slice(before);
  expect(asked.findIndex(isTitle)).toBe(2);
  expect(JSON.stringify(asked[2]?.messages)).toContain(query);
  expect(asked[2]?.tools).toEqual([]);
});

test('questions are suggested from what was said, without the work behind it', async () => {
  provider.reply(inTurn({ tokens: ['I look.'], toolCalls: [CALL] }, { tokens: ['A Friday.'] }));
  const [first] = await take('agent', { query: 'Which day?' });
  provider.reply({ tokens: ['["And the next?", "Why?"]'] });
  const suggested = await json('agent', `/messages/${first?.message_id}/suggested?user=u1`);
  expect(suggested).toEqual({ result: 'success', data: ['And the next?', 'Why?'] });
  const asked = JSON.stringify(provider.requests.at(-1)?.messages);
  expect(asked).toContain('Human: Which day?');
  expect(asked).toContain('A Friday.');
  expect(asked).not.toContain('weekday');
});

describe('an app that plays its answers', () => {
  const said = (requests: readonly MockRequest[]) =>
    requests
      .filter(isSpeech)
      .map(({ body }) => String(body?.input))
      .join('|');

  test('speaks what each round says, as sentences of their own', async () => {
    const rounds = inTurn(
      { tokens: ['I look.'], toolCalls: [CALL] },
      { tokens: ['It is', ' a Friday.'] },
    ) as () => MockReply;
    provider.reply((request) => (isSpeech(request) ? {} : rounds()));
    const before = provider.requests.length;
    const events = await take('spoken');
    const spoken = said(provider.requests.slice(before));
    expect(spoken.replace(/[|\n ]+/g, ' ')).toBe('I look. It is a Friday.');
    const kinds = kindsOf(events).filter((kind) => /tts|end/.test(kind));
    expect(new Set(kinds.slice(0, -2))).toEqual(new Set(['tts_message']));
    expect(kinds.slice(-2)).toEqual(['message_end', 'tts_message_end']);
  });

  test('speaks the final answer of one that writes its actions, not its thoughts', async () => {
    const rounds = inTurn(
      { tokens: [`Thought: I had better look.\nAction: ${action('weekday', JSON.parse(CALL.arguments))}`] },
      { tokens: [`Thought: I know.\nAction: ${action('Final Answer', 'A Friday it is.')}`] },
    ) as () => MockReply;
    provider.reply((request) => (isSpeech(request) ? {} : rounds()));
    const before = provider.requests.length;
    const events = await take('spoken-react');
    expect(said(provider.requests.slice(before))).toBe('A Friday it is.');
    expect(events.at(-1)).toMatchObject({ event: 'tts_message_end', audio: '' });
    expect(saidIn(events)).toContain('I had better look.');
  });
});

test('conversations of an agent are listed, renamed and gone with all that belongs to them', async () => {
  const count = async (id: unknown) => {
    const { n } = await store
      .selectFrom('thoughts')
      .innerJoin('messages', 'messages.id', 'thoughts.message_id')
      .select(({ fn }) => fn.countAll<number>().as('n'))
      .where('messages.conversation_id', '=', String(id))
      .executeTakeFirstOrThrow();
    return Number(n);
  };
  const all = async () =>
    (await store.selectFrom('thoughts').select('message_id').execute()).map((row) => row.message_id);
  provider.reply(
    inTurn({ toolCalls: [CALL] }, { tokens: ['ok'] }, { toolCalls: [CALL] }, { tokens: ['ok'] }),
  );
  const [gone] = await take('agent', { user: 'leaver', query: 'Mine' });
  const [stays] = await take('agent', { user: 'stayer', query: 'Mine' });
  const id = gone?.conversation_id;
  expect((await json('agent', '/conversations?user=leaver')).data).toMatchObject([{ id, name: 'Mine' }]);
  const renamed = await parley.request('agent', 'POST', `/conversations/${id}/name`, {
    user: 'leaver',
    name: 'Other',
  });
  expect(await renamed.json()).toMatchObject({ id, name: 'Other' });
  expect(await count(id)).toBe(2);
  const foreign = await parley.request('agent', 'DELETE', `/conversations/${id}`, { user: 'stayer' });
  expect(foreign.status).toBe(404);
  const deleted = await parley.request('agent', 'DELETE', `/conversations/${id}`, { user: 'leaver' });
  expect(deleted.status).toBe(204);
  expect(await all()).not.toContain(gone?.message_id);
  expect(await count(stays?.conversation_id)).toBe(2);
  expect((await parley.request('agent', 'GET', `/messages?user=leaver&conversation_id=${id}`)).status).toBe(
    404,
  );
});

test('GET /meta has the icon of each tool, GET /parameters says what they are', async () => {
  expect(await json('agent', '/meta')).toEqual({
    tool_icons: {
      weekday: { background: expect.stringMatching(/^#/), content: expect.any(String) },
      lookup: { background: expect.stringMatching(/^#/), content: expect.any(String) },
      helper: { background: '#FFEAD5', content: '🤖' },
    },
  });
  const parameters = await json('agent', '/parameters');
  expect(parameters).toMatchObject({ opening_statement: 'Good day.', suggested_questions: ['One?'] });
  expect(parameters.tools).toEqual([
    {
      ...{ provider_name: 'time', tool_name: 'weekday' },
      tool_label: { en_US: 'Weekday Calculator', zh_Hans: '星期几计算器' },
      description: expect.any(String),
    },
    {
      ...{ provider_name: 'service', tool_name: 'lookup', tool_label: { en_US: expect.any(String) } },
      description: 'Looks up',
    },
    {
      ...{ provider_name: 'helper', tool_name: 'helper', tool_label: { en_US: 'Test chat' } },
      description: 'For tests',
    },
  ]);
  expect(await json('bare', '/meta')).toEqual({ tool_icons: {} });
  expect(await json('bare', '/parameters')).toMatchObject({ tools: [] });
  expect(await json('helper', '/meta')).toEqual({ tool_icons: {} });
  expect(await json('helper', '/parameters')).not.toHaveProperty('tools');
  expect(await json('agent', '/info')).toMatchObject({ mode: 'agent-chat', name: 'Test agent-chat' });
});
