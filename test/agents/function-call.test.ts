import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inTurn } from '../support/mock-provider/in-turn.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { kindsOf, observationOf, saidIn, thoughtsIn } from '../support/parley/agent-events.ts';
import { agentApp } from '../support/parley/apps.ts';
import type { EventReader } from '../support/parley/read-events.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { sendChat, streamChat, usageOf, type Wire } from '../support/parley/turns.ts';
import { textParameter, writeOpenApi } from '../support/tools/openapi-document.ts';
import { type Callee, startCallee } from '../support/tools/start-callee.ts';

const WEEKDAY = { name: 'weekday', arguments: '{"year": 2024, "month": 1, "day": 5}' };
const LABELS = { weekday: { en_US: 'Weekday Calculator', zh_Hans: '星期几计算器' } };
const INPUT = '{"weekday":{"year": 2024, "month": 1, "day": 5}}';
const OBSERVATION = '{"weekday":"January 5, 2024 is Friday."}';

let provider: MockProvider;
let callee: Callee;
let document: Awaited<ReturnType<typeof writeOpenApi>>;
let parley: TestParley;

beforeAll(async () => {
  provider = await startMockProvider();
  callee = await startCallee();
  document = await writeOpenApi(callee.url, {
    lookup: { path: '/lookup', summary: 'Looks up', parameters: [textParameter('q')] },
    meet: { path: '/meet', parameters: [textParameter('who')] },
  });
  const lookup = { type: 'api', provider: 'service', tool: 'lookup' };
  const meet = { type: 'api', provider: 'service', tool: 'meet' };
  parley = await startParley({
    provider: provider.baseUrl,
    apps: {
      agent: agentApp([{ provider: 'time', tool: 'weekday' }, lookup, meet], { pre_prompt: 'Be exact.' }),
      bare: agentApp([], { pre_prompt: '' }),
      asking: agentApp([lookup], {
        pre_prompt: 'You serve {{city}}. {{unknown}} {{injected}}',
        user_input_form: [
          { 'text-input': { label: 'City', variable: 'city', required: true, max_length: 20, default: '' } },
          { paragraph: { label: 'I', variable: 'injected', required: false, max_length: 90, default: '' } },
        ],
      }),
    },
    config: { tools: [{ name: 'service', openapi: document.file }] },
  });
});
afterAll(async () => {
  await parley.close();
  await document.remove();
  await callee.close();
  await provider.close();
});

/** What the model was asked in the turns of one test. */
function asked() {
  const before = provider.requests.length;
  return () => provider.requests.slice(before);
}

async function rawFrames(reader: EventReader): Promise<string[]> {
  const frames: string[] = [];
  for (let frame = await reader.next(); frame; frame = await reader.next()) frames.push(frame.raw);
  return frames;
}

test('a round with a tool and one with the answer: every frame to the byte', async () => {
  provider.reply(
    inTurn(
      {
        tokens: ['Let me', ' see "it".'],
        toolCalls: [WEEKDAY],
        usage: { prompt_tokens: 10, completion_tokens: 3 },
      },
      { tokens: ['Freitag — 金曜日', '.'], usage: { prompt_tokens: 20, completion_tokens: 4 } },
    ),
  );
  const frames = await rawFrames(await streamChat(parley, {}, 'agent'));
  const parsed = frames.map((raw) => JSON.parse(raw.slice(6)) as Wire);
  const [{ conversation_id, message_id, created_at, task_id }] = parsed as [Wire];
  const [one, two] = thoughtsIn(parsed).map(({ id }) => id);
  expect(new Set([conversation_id, message_id, task_id, one, two]).size).toBe(5);
  expect(created_at).toBeCloseTo(Date.now() / 1000, -1);

  const wrap = `"conversation_id":"${conversation_id}","message_id":"${message_id}","created_at":${created_at},"task_id":"${task_id}"`;
  const thought = (
    id: string | undefined,
    position: number,
    text: string,
    did = '"observation":"","tool":"","tool_labels":{},"tool_input":""',
  ) =>
    `data: {"event":"agent_thought",${wrap},"id":"${id}","position":${position},"thought":"${text}",${did},"message_files":[]}\n\n`;
  const message = (text: string) =>
    `data: {"event":"agent_message",${wrap},"id":"${message_id}","answer":"${text}"}\n\n`;
  const called = (observation: string) =>
    `"observation":${JSON.stringify(observation)},"tool":"weekday","tool_labels":${JSON.stringify(LABELS)},"tool_input":${JSON.stringify(INPUT)}`;
  expect(frames.slice(0, -1)).toEqual([
    thought(one, 1, ''),
    message('Let me'),
    message(' see \\"it\\".'),
    thought(one, 1, 'Let me see \\"it\\".', called('')),
    thought(one, 1, 'Let me see \\"it\\".', called(OBSERVATION)),
    thought(two, 2, ''),
    message('\\n'),
    message('Freitag — 金曜日'),
    message('.'),
    thought(two, 2, 'Freitag — 金曜日.'),
  ]);
  const { latency, time_to_first_token, time_to_generate } = usageOf(parsed);
  expect(frames.at(-1)).toBe(
    `data: {"event":"message_end",${wrap},"id":"${message_id}","metadata":{"annotation_reply":null,"retriever_resources":[],"usage":{"prompt_tokens":30,"prompt_unit_price":"0","prompt_price_unit":"0.000001","prompt_price":"0","completion_tokens":7,"completion_unit_price":"0","completion_price_unit":"0.000001","completion_price":"0","total_tokens":37,"total_price":"0","currency":"USD","latency":${latency},"time_to_first_token":${time_to_first_token},"time_to_generate":${time_to_generate}}},"files":null}\n\n`,
  );
});

test('the model gets instruction, query and functions, then its own call with the result', async () => {
  const requests = asked();
  provider.reply(inTurn({ tokens: ['Let me see.'], toolCalls: [WEEKDAY] }, { tokens: ['Friday.'] }));
  await (await streamChat(parley, { query: 'Which day?' }, 'agent')).readAll();
  const [first, second, ...more] = requests();
  expect(more).toEqual([]);
  const begun = [
    { role: 'system', content: 'Be exact.' },
    { role: 'user', content: 'Which day?' },
  ];
  expect(first?.messages).toEqual(begun);
  expect(first?.body).not.toHaveProperty('tool_choice');
  expect(first?.tools.map(({ name }) => name)).toEqual(['weekday', 'lookup', 'meet']);
  expect(first?.tools[1]).toMatchObject({
    name: 'lookup',
    description: 'Looks up',
    parameters: { type: 'object', properties: { q: { type: 'string' } } },
  });
  expect(second?.tools).toEqual(first?.tools);
  expect(second?.messages).toEqual([
    ...begun,
    {
      role: 'assistant',
      content: 'Let me see.',
      tool_calls: [{ id: 'call_1', type: 'function', function: WEEKDAY }],
    },
    { role: 'tool', tool_call_id: 'call_1', content: 'January 5, 2024 is Friday.' },
  ]);
});

test('the list has the whole answer, the thoughts in order, and the whole turn’s usage', async () => {
  provider.reply(
    inTurn(
      { tokens: ['One.'], toolCalls: [WEEKDAY], usage: { prompt_tokens: 10, completion_tokens: 3 } },
      {
        toolCalls: [{ name: 'lookup', arguments: '{"q":"x"}' }],
        usage: { prompt_tokens: 20, completion_tokens: 4 },
      },
      { tokens: ['Two.'], usage: { prompt_tokens: 30, completion_tokens: 5 } },
    ),
  );
  const events = await (await streamChat(parley, { query: 'Q' }, 'agent')).readAll();
  expect(saidIn(events)).toBe('One.\nTwo.');
  const [{ conversation_id, message_id, created_at }] = events as [Wire];
  const path = `/messages?user=u1&conversation_id=${conversation_id}`;
  const { data } = (await (await parley.request('agent', 'GET', path)).json()) as { data: Wire[] };
  expect(data).toMatchObject([
    {
      ...{
        id: message_id,
        query: 'Q',
        answer: 'One.\nTwo.',
        status: 'normal',
        error: null,
        message_files: [],
      },
      ...{ message_tokens: 60, answer_tokens: 12, total_tokens: 72 },
    },
  ]);
  const thoughts = data[0]?.agent_thoughts as Wire[];
  expect(thoughts).toEqual(
    thoughtsIn(events).map(({ id, position, thought, observation, tool, tool_labels, tool_input }) => ({
      ...{ id, position, thought, observation, tool, tool_labels, tool_input },
      ...{ chain_id: null, message_id, files: [], created_at: expect.any(Number) },
    })),
  );
  expect(thoughts.map(({ position, thought, tool }) => [position, thought, tool])).toEqual([
    [1, 'One.', 'weekday'],
    [2, '', 'lookup'],
    [3, 'Two.', ''],
  ]);
  for (const thought of thoughts) {
    expect(thought.created_at).toBeGreaterThanOrEqual(Number(created_at));
    expect(thought.created_at).toBeLessThanOrEqual(Date.now() / 1000 + 1);
  }
});

test('a model that calls without a word: its thought is empty, and nothing is said', async () => {
  provider.reply(inTurn({ toolCalls: [WEEKDAY] }, { tokens: ['Friday.'] }));
  const events = await (await streamChat(parley, {}, 'agent')).readAll();
  expect(kindsOf(events)).toEqual([
    ...['agent_thought', 'agent_thought', 'agent_thought'],
    ...['agent_thought', 'agent_message', 'agent_thought', 'message_end'],
  ]);
  expect(saidIn(events)).toBe('Friday.');
});

test('an agent without tools answers at once', async () => {
  const requests = asked();
  provider.reply({ tokens: ['Hello', '.'] });
  const events = await (await streamChat(parley, { query: 'Hi' }, 'bare')).readAll();
  expect(kindsOf(events)).toEqual(['agent_thought', 'agent_message', 'agent_thought', 'message_end']);
  expect(requests()).toHaveLength(1);
  expect(requests()[0]?.body).not.toHaveProperty('tools');
  expect(requests()[0]?.messages).toEqual([{ role: 'user', content: 'Hi' }]);
});

test('a model that is silent for a second: its thought is begun, and the run can be stopped', async () => {
  provider.reply({ gate: true });
  const reader = await streamChat(parley, {}, 'agent');
  const [first] = (await reader.readUntil(() => true)) as [Wire];
  expect(first).toMatchObject({ event: 'agent_thought', position: 1, thought: '', tool: '' });
  await parley.request('agent', 'POST', `/chat-messages/${first.task_id}/stop`, { user: 'u1' });
  expect(kindsOf(await reader.readAll())).toEqual(['message_end']);
});

describe('several calls in one round', () => {
  const both = [
    { name: 'meet', arguments: '{"who":"a"}' },
    { name: 'weekday', arguments: WEEKDAY.arguments },
    { name: 'lookup', arguments: '{"q":"b"}' },
  ];

  test('run at the same time: each waits for the other', async () => {
    callee.reply(({ path }) => ({ hold: 'headers', body: `back from ${path}` }));
    provider.reply(inTurn({ tokens: ['Both.'], toolCalls: both }, { tokens: ['Done.'] }));
    const reader = await streamChat(parley, {}, 'agent');
    const here = [
      await callee.nextRequest(({ path, leftAt }) => path.endsWith('who=a') && leftAt === null),
      await callee.nextRequest(({ path, leftAt }) => path.endsWith('q=b') && leftAt === null),
    ];
    // Answered in the other order than they were asked in.
    for (const request of here.reverse()) request.release();
    const [thought] = thoughtsIn(await reader.readAll());
    expect(thought).toMatchObject({
      tool: 'meet;weekday;lookup',
      tool_input: '{"meet":{"who":"a"},"weekday":{"year": 2024, "month": 1, "day": 5},"lookup":{"q":"b"}}',
      tool_labels: { meet: {}, ...LABELS, lookup: {} },
    });
    expect(thought && observationOf(thought)).toEqual({
      meet: 'back from /meet?who=a',
      weekday: 'January 5, 2024 is Friday.',
      lookup: 'back from /lookup?q=b',
    });
  });

  test('go back to the model in its own order, each with its result', async () => {
    callee.reply(({ path }) => ({ body: path }));
    const requests = asked();
    provider.reply(inTurn({ toolCalls: both }, { tokens: ['Done.'] }));
    await (await streamChat(parley, {}, 'agent')).readAll();
    expect(requests()[1]?.messages.slice(2)).toEqual([
      {
        role: 'assistant',
        content: expect.toBeOneOf([null, '']),
        tool_calls: both.map((call, at) => ({ id: `call_${at + 1}`, type: 'function', function: call })),
      },
      { role: 'tool', tool_call_id: 'call_1', content: '/meet?who=a' },
      { role: 'tool', tool_call_id: 'call_2', content: 'January 5, 2024 is Friday.' },
      { role: 'tool', tool_call_id: 'call_3', content: '/lookup?q=b' },
    ]);
  });

  test('of one tool are all made; the wire shows the last, as in Dify', async () => {
    callee.reply(({ path }) => ({ body: path }));
    const twice = ['a', 'b'].map((q) => ({ name: 'lookup', arguments: JSON.stringify({ q }) }));
    const requests = asked();
    provider.reply(inTurn({ toolCalls: twice }, { tokens: ['Done.'] }));
    const [thought] = thoughtsIn(await (await streamChat(parley, {}, 'agent')).readAll());
    expect(thought).toMatchObject({ tool: 'lookup;lookup', tool_input: '{"lookup":{"q":"b"}}' });
    expect(
      requests()[1]
        ?.messages.slice(3)
        .map(({ content }) => content),
    ).toEqual(['/lookup?q=a', '/lookup?q=b']);
  });
});

test('variables fill the instruction; what is not declared stays, and what is put in is not filled again', async () => {
  const requests = asked();
  provider.reply({ tokens: ['ok'] });
  const inputs = { city: 'Rome', injected: '{{city}} {{#query#}}', unknown: 'x' };
  await (await streamChat(parley, { query: 'Q', inputs }, 'asking')).readAll();
  expect(requests()[0]?.messages).toEqual([
    { role: 'system', content: 'You serve Rome. {{unknown}} {city} {#query#}' },
    { role: 'user', content: 'Q' },
  ]);
  const refused = await sendChat(parley, { response_mode: 'streaming', inputs: {} }, 'asking');
  expect(refused.status).toBe(400);
  expect(await refused.json()).toMatchObject({
    code: 'invalid_param',
    message: expect.stringContaining('city'),
  });
});

test.each([{ response_mode: 'blocking' }, {}, { response_mode: null }])(
  'blocking is refused before anything is accepted: %j',
  async (mode) => {
    const requests = asked();
    const response = await sendChat(parley, { ...mode, user: 'blocker' }, 'agent');
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({
      code: 'invalid_param',
      message: 'Agent Chat App does not support blocking mode',
      status: 400,
    });
    expect(requests()).toEqual([]);
    const list = await parley.request('agent', 'GET', '/conversations?user=blocker');
    expect(await list.json()).toMatchObject({ data: [] });
  },
);
