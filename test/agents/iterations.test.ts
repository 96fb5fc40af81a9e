import { afterAll, beforeAll, expect, test } from 'vitest';
import { inTurn } from '../support/mock-provider/in-turn.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { kindsOf, observationOf, saidIn, thoughtsIn } from '../support/parley/agent-events.ts';
import { agentApp } from '../support/parley/apps.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { streamChat, type Wire } from '../support/parley/turns.ts';

const CALL = { name: 'weekday', arguments: '{"year": 2024, "month": 1, "day": 5}' };
const LIMIT =
  'Agent exceeded the maximum iteration limit of 2. The agent was unable to complete the task within the allowed number of iterations.';

let provider: MockProvider;
let parley: TestParley;

beforeAll(async () => {
  provider = await startMockProvider();
  const weekday = [{ provider: 'time', tool: 'weekday' }];
  const limited = (max_iteration: number, agent: object = {}) =>
    agentApp(weekday, { agent: { max_iteration, ...agent } });
  parley = await startParley({
    provider: provider.baseUrl,
    apps: {
      one: limited(1),
      two: limited(2),
      many: limited(8),
      react: limited(2, { strategy: 'react' }),
    },
  });
});
afterAll(async () => {
  await parley.close();
  await provider.close();
});

async function take(app: string) {
  const before = provider.requests.length;
  const events = await (await streamChat(parley, {}, app)).readAll();
  return { events: events as Wire[], requests: provider.requests.slice(before) };
}

/** The turn as GET /messages has it. */
async function stored(app: string, { conversation_id }: Wire) {
  const list = await parley.request(app, 'GET', `/messages?user=u1&conversation_id=${conversation_id}`);
  const { data } = (await list.json()) as { data: (Wire & { agent_thoughts: Wire[] })[] };
  return data[0];
}

test('a model that calls without end is asked max_iteration + 1 times, the last time without functions', async () => {
  provider.reply({
    tokens: ['Again.'],
    toolCalls: [CALL],
    usage: { prompt_tokens: 100, completion_tokens: 10 },
  });
  const { events, requests } = await take('two');
  expect(requests.map(({ tools }) => tools.length)).toEqual([1, 1, 0]);
  expect(kindsOf(events)).toEqual([
    ...['agent_thought', 'agent_message', 'agent_thought', 'agent_thought'],
    ...['agent_thought', 'agent_message', 'agent_thought', 'agent_thought'],
    ...['agent_thought', 'agent_message', 'agent_thought', 'error'],
  ]);
  const [first] = events as [Wire];
  const { conversation_id, message_id, created_at } = first;
  expect(JSON.stringify(events.at(-1))).toBe(
    JSON.stringify({
      ...{ event: 'error', conversation_id, message_id, created_at },
      ...{ code: 'completion_request_error', status: 400, message: LIMIT },
    }),
  );
  // What it wanted in the last round is told, and was not done.
  const last = thoughtsIn(events).at(-1);
  expect(last).toMatchObject({ position: 3, tool: 'weekday', observation: '', thought: 'Again.' });
  expect(await stored('two', first)).toMatchObject({
    ...{ status: 'error', error: LIMIT, answer: 'Again.\nAgain.\nAgain.' },
    ...{ message_tokens: 300, answer_tokens: 30 },
    agent_thoughts: [{ position: 1 }, { position: 2 }, { position: 3, tool: 'weekday', observation: '' }],
  });
});

test('a model that answers when it has to: no error', async () => {
  provider.reply(({ tools }) => (tools.length > 0 ? { toolCalls: [CALL] } : { tokens: ['At last.'] }));
  const { events, requests } = await take('one');
  expect(requests).toHaveLength(2);
  expect(saidIn(events)).toBe('At last.');
  expect(events.at(-1)).toMatchObject({ event: 'message_end' });
});

test('the same for a model that writes what it wants: two rounds, and a last one', async () => {
  const json = JSON.stringify({ action: 'weekday', action_input: JSON.parse(CALL.arguments) });
  provider.reply({ tokens: [`Again.\n${json}`] });
  const { events, requests } = await take('react');
  expect(requests).toHaveLength(3);
  expect(events.at(-1)).toMatchObject({ event: 'error', code: 'completion_request_error', message: LIMIT });
  expect(thoughtsIn(events).map(({ tool, observation }) => [tool, observation !== ''])).toEqual([
    ['weekday', true],
    ['weekday', true],
    ['weekday', false],
  ]);
});

test('seven rounds: positions count up, ids of calls never repeat, though the provider’s do', async () => {
  let rounds = 0;
  provider.reply(() => (++rounds <= 7 ? { toolCalls: [CALL, CALL] } : { tokens: ['Done.'] }));
  const { events, requests } = await take('many');
  const thoughts = thoughtsIn(events);
  expect(thoughts.map(({ position }) => position)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(new Set(thoughts.map(({ id }) => id)).size).toBe(8);
  const calls =
    requests.at(-1)?.messages.flatMap(({ tool_calls = [] }) => tool_calls.map(({ id }) => id)) ?? [];
  expect(calls).toHaveLength(14);
  expect(new Set(calls).size).toBe(14);
});

test('a provider that fails in the second round: an error, and what was done before is kept', async () => {
  provider.reply(
    inTurn(
      { tokens: ['I look.'], toolCalls: [CALL] },
      { status: 400, error: { message: 'too much', type: 'invalid_request_error' } },
    ),
  );
  const { events } = await take('two');
  expect(events.at(-1)).toMatchObject({ event: 'error', code: 'completion_request_error', status: 400 });
  expect(String(events.at(-1)?.message)).toContain('too much');
  const turn = await stored('two', events[0] as Wire);
  expect(turn).toMatchObject({ status: 'error', answer: 'I look.' });
  const [one] = thoughtsIn(events);
  expect(one && observationOf(one)).toEqual({ weekday: 'January 5, 2024 is Friday.' });
  expect(turn?.agent_thoughts[0]).toMatchObject({ thought: 'I look.', observation: one?.observation });
});

test('what a broken-off turn said is remembered as its answer, without its work', async () => {
  provider.reply({ tokens: ['Half.'], toolCalls: [CALL] });
  const { events } = await take('one');
  provider.reply({ tokens: ['ok'] });
  const { conversation_id } = events[0] as Wire;
  await (await streamChat(parley, { query: 'Next', conversation_id }, 'one')).readAll();
  expect(provider.requests.at(-1)?.messages).toEqual([
    { role: 'user', content: 'Hi' },
    { role: 'assistant', content: 'Half.\nHalf.' },
    { role: 'user', content: 'Next' },
  ]);
});
