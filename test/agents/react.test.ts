import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inTurn } from '../support/mock-provider/in-turn.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { kindsOf, observationOf, saidIn, thoughtsIn } from '../support/parley/agent-events.ts';
import { agentApp } from '../support/parley/apps.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { streamChat, type Wire } from '../support/parley/turns.ts';
import { textParameter, writeOpenApi } from '../support/tools/openapi-document.ts';
import { type Callee, startCallee } from '../support/tools/start-callee.ts';

const json = (action: string, action_input: unknown) => JSON.stringify({ action, action_input });
const DAY = { year: 2024, month: 1, day: 5 };
const RESULT = 'January 5, 2024 is Friday.';
const final = (input: unknown) => ({
  tokens: [`Thought: I know.\nAction:\n\`\`\`\n${json('Final Answer', input)}\n\`\`\``],
});
const OWN = 'Task: {{instruction}}\nTools: {{tools}}\nNames: {{tool_names}}\n{{instruction}}{{query}}';

let provider: MockProvider;
let callee: Callee;
let document: Awaited<ReturnType<typeof writeOpenApi>>;
let parley: TestParley;

beforeAll(async () => {
  provider = await startMockProvider();
  callee = await startCallee(({ path }) => ({ body: `from ${path}` }));
  document = await writeOpenApi(callee.url, {
    lookup: { path: '/lookup', parameters: [textParameter('q')] },
  });
  const tools = [
    { provider: 'time', tool: 'weekday' },
    { provider: 'time', tool: 'current_time', values: { format: '%Z' } },
    { type: 'api', provider: 'service', tool: 'lookup' },
  ];
  const react = (more: object = {}, agent: object = {}) =>
    agentApp(tools, { pre_prompt: 'Be exact.', ...more, agent: { strategy: 'react', ...agent } });
  parley = await startParley({
    apps: {
      react: react(),
      own: react(
        {
          pre_prompt: 'Costs $& {{city}}',
          user_input_form: [
            { 'text-input': { label: 'C', variable: 'city', required: true, max_length: 40, default: '' } },
          ],
        },
        { prompt: { first_prompt: OWN, next_iteration: '' } },
      ),
      wenxin: react({
        model: { provider: 'langgenius/wenxin/wenxin', name: 'ernie', mode: 'chat', completion_params: {} },
      }),
    },
    config: {
      tools: [{ name: 'service', openapi: document.file }],
      providers: {
        openai: { api_key: 'sk-test', base_url: provider.baseUrl },
        wenxin: { type: 'openai-compatible', api_key: 'sk-test', base_url: provider.baseUrl },
      },
    },
  });
});
afterAll(async () => {
  await parley.close();
  await document.remove();
  await callee.close();
  await provider.close();
});

async function take(app: string, body: object = {}) {
  const before = provider.requests.length;
  const events = (await (await streamChat(parley, { ...body }, app)).readAll()) as Wire[];
  expect(events.at(-1)).toMatchObject({ event: 'message_end' });
  return { events, requests: provider.requests.slice(before), thoughts: thoughtsIn(events) };
}

async function stored({ conversation_id }: Wire, app = 'react') {
  const list = await parley.request(app, 'GET', `/messages?user=u1&conversation_id=${conversation_id}`);
  return ((await list.json()) as { data: Wire[] }).data.at(-1);
}

test('the model is told of its tools in words, and of its work so far', async () => {
  const said = `Thought: I look it up.\nAction:\n\`\`\`json\n${json('weekday', DAY)}\n\`\`\`\n`;
  provider.reply(inTurn({ tokens: [said] }, final('A Friday.')));
  const { requests } = await take('react', { query: 'Which day?' });
  expect(requests).toHaveLength(2);
  const [first, second] = requests.map(({ messages }) => messages);
  for (const { body } of requests) {
    expect(body).not.toHaveProperty('tools');
    expect(body?.stop).toEqual(['Observation']);
  }
  expect(first?.map(({ role }) => role)).toEqual(['system', 'user']);
  const system = String(first?.[0]?.content);
  expect(system.startsWith('Be exact.\n')).toBe(true);
  expect(system).toContain('"name":"weekday"');
  expect(system).toContain('weekday, current_time, lookup');
  expect(system).not.toMatch(/\{\{\w+\}\}/);
  expect(first?.[1]).toEqual({ role: 'user', content: 'Which day?' });
  expect(second).toEqual([
    ...(first ?? []),
    {
      role: 'assistant',
      content: `Thought: I look it up.\n\nAction: ${json('weekday', DAY)}\n\nObservation: ${RESULT}\n\n`,
    },
    { role: 'user', content: 'continue' },
  ]);
});

test('events: thoughts are said as they come, actions are not; the final answer is the answer', async () => {
  const said = `Thought: I look it up.\nAction:\n\`\`\`\n${json('weekday', DAY)}\n\`\`\``;
  provider.reply(inTurn({ tokens: [...said] }, { tokens: [...(final('A Friday.').tokens[0] ?? '')] }));
  const { events, thoughts } = await take('react');
  expect(kindsOf(events)).toEqual([
    ...['agent_thought', 'agent_message', 'agent_thought', 'agent_thought'],
    ...['agent_thought', 'agent_message', 'agent_thought', 'message_end'],
  ]);
  expect(saidIn(events).split(/\s+/).join(' ')).toBe('I look it up. I know. A Friday.');
  expect(thoughts).toMatchObject([
    {
      ...{
        position: 1,
        thought: 'I look it up.',
        tool: 'weekday',
        tool_input: JSON.stringify({ weekday: DAY }),
      },
      ...{
        observation: JSON.stringify({ weekday: RESULT }),
        tool_labels: { weekday: { en_US: 'Weekday Calculator' } },
      },
    },
    { position: 2, thought: 'A Friday.', tool: '', tool_input: '', observation: '', tool_labels: {} },
  ]);
  expect(await stored(events[0] as Wire)).toMatchObject({ answer: 'A Friday.', status: 'normal' });
});

test('a thought is said before its action is there', async () => {
  provider.reply({ gate: true });
  const reader = await streamChat(parley, {}, 'react');
  const upstream = await provider.nextRequest(({ isOver }) => !isOver);
  upstream.send('Thought: I weigh ');
  upstream.send('this.\nAction: {"action": "Final');
  await reader.readUntil(({ answer }) => answer === 'this.\n');
  upstream.send(' Answer", "action_input": "So"}');
  upstream.finish();
  expect(saidIn(await reader.readAll())).toBe('So');
});

describe('the final answer', () => {
  test.each([
    ['a text', 'Es ist "Freitag".\n```js\n{}\n```', 'Es ist "Freitag".\n```js\n{}\n```'],
    ['an object', { day: 'Friday', sure: true }, '{"day":"Friday","sure":true}'],
    ['a number', 42, '42'],
    ['nothing', '', ''],
  ])('%s', async (_, input, answer) => {
    provider.reply(final(input));
    const { events, thoughts } = await take('react');
    expect(saidIn(events)).toBe(`I know.\n\n${answer}`);
    expect(thoughts).toMatchObject([{ thought: answer, tool: '' }]);
    expect((await stored(events[0] as Wire))?.answer).toBe(answer);
  });

  test('without any action, what was said last is the answer', async () => {
    provider.reply(
      inTurn(
        { tokens: [`Thought: I look.\nAction: ${json('lookup', 'x')}`] },
        { tokens: ['Thought: It', ' is so.'] },
      ),
    );
    const { events, requests, thoughts } = await take('react');
    expect(requests).toHaveLength(2);
    expect(thoughts.map(({ thought }) => thought)).toEqual(['I look.', 'It is so.']);
    expect((await stored(events[0] as Wire))?.answer).toBe('It is so.');
  });
});

test('a result that the model makes up is not believed', async () => {
  const made = `Thought: I look.\nAction: ${json('weekday', DAY)}\nObservation: It is a Monday.\nThought: So.\nAction: ${json('Final Answer', 'Monday')}`;
  provider.reply(inTurn({ tokens: [made] }, final('A Friday.')));
  const { events, requests } = await take('react');
  expect(requests).toHaveLength(2);
  expect(JSON.stringify(requests[1]?.messages)).toContain(RESULT);
  expect(JSON.stringify([events, requests[1]?.messages])).not.toContain('Monday');
});

describe('what a tool is given', () => {
  async function observed(action: string, input: unknown): Promise<string | undefined> {
    provider.reply(inTurn({ tokens: [`Action: ${json(action, input)}`] }, final('ok')));
    const { thoughts } = await take('react');
    return thoughts[0] && observationOf(thoughts[0])[action];
  }

  test.each([
    ['an object', 'weekday', DAY, RESULT],
    ['an object as text', 'weekday', JSON.stringify(DAY), RESULT],
    ['the text of the only parameter', 'lookup', 'Rome & Ostia', 'from /lookup?q=Rome%20%26%20Ostia'],
    ['a number for the only parameter', 'lookup', 42, 'from /lookup?q=42'],
    ['nothing for a tool without parameters', 'current_time', '', 'UTC'],
    ['null for a tool without parameters', 'current_time', null, 'UTC'],
    ['an empty object', 'current_time', {}, 'UTC'],
    [
      'a text for several parameters',
      'weekday',
      'tomorrow',
      'tool parameters validation error: the arguments are not a JSON object',
    ],
    [
      'a list',
      'weekday',
      [2024, 1, 5],
      'tool parameters validation error: the arguments are not a JSON object',
    ],
    [
      'an object as text that is nested without measure',
      'weekday',
      `{"a":${'['.repeat(9_000)}${']'.repeat(9_000)}}`,
      'tool parameters validation error: the arguments are not a JSON object',
    ],
    ['a tool that there is none of', 'teleport', 'x', 'there is not a tool named teleport'],
  ])('%s', async (_, action, input, result) => {
    expect(await observed(action, input)).toBe(result);
  });
});

describe('the app’s own template', () => {
  test('has instruction, tools and names put in, and nothing else changed', async () => {
    provider.reply(final('ok'));
    const { requests } = await take('own', { inputs: { city: '{{tools}} $1' }, query: 'Q' });
    const [system, user] = requests[0]?.messages ?? [];
    const [task, tools, names, rest] = String(system?.content).split('\n');
    expect(task).toBe('Task: Costs $& {tools} $1');
    expect(
      JSON.parse(tools?.slice('Tools: '.length) ?? '').map(({ name }: { name: string }) => name),
    ).toEqual([...['weekday', 'current_time', 'lookup']]);
    expect(names).toBe('Names: weekday, current_time, lookup');
    expect(rest).toBe('Costs $& {tools} $1');
    expect(user).toEqual({ role: 'user', content: 'Q' });
  });
});

test('a provider that takes no such stop word gets none', async () => {
  provider.reply(final('ok'));
  const { requests } = await take('wenxin');
  expect(requests[0]?.body).not.toHaveProperty('stop');
});
