import { afterAll, beforeAll, expect, test } from 'vitest';
import { inTurn } from '../support/mock-provider/in-turn.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { saidIn, thoughtsIn } from '../support/parley/agent-events.ts';
import { agentApp } from '../support/parley/apps.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { streamChat, type Wire } from '../support/parley/turns.ts';

const CALL = { name: 'weekday', arguments: '{"year": 2024, "month": 1, "day": 5}' };
const RESULT = 'January 5, 2024 is Friday.';
const action = (name: string, input: unknown) => JSON.stringify({ action: name, action_input: input });
const ACT = `Action: ${action('weekday', JSON.parse(CALL.arguments))}`;

let provider: MockProvider;
let parley: TestParley;

beforeAll(async () => {
  provider = await startMockProvider();
  const tools = [{ provider: 'time', tool: 'weekday' }];
  parley = await startParley({
    provider: provider.baseUrl,
    apps: { agent: agentApp(tools), react: agentApp(tools, { agent: { strategy: 'react' } }) },
  });
});
afterAll(async () => {
  await parley.close();
  await provider.close();
});

async function take(app: string, conversation_id?: string) {
  const before = provider.requests.length;
  const body = conversation_id ? { conversation_id, query: 'And?' } : {};
  const events = (await (await streamChat(parley, body, app)).readAll()) as Wire[];
  expect(events.at(-1)).toMatchObject({ event: 'message_end' });
  const { conversation_id: id } = events[0] as Wire;
  const list = await parley.request(app, 'GET', `/messages?user=u1&conversation_id=${id}`);
  const { data } = (await list.json()) as { data: Wire[] };
  return { events, id, turn: data.at(-1), rounds: provider.requests.slice(before).map((r) => r.messages) };
}

test('reasoning of each round stands between tags in answer and thought, and goes back to no model', async () => {
  provider.reply(
    inTurn(
      { reasoning: ['What ', 'day?'], tokens: ['I look.'], toolCalls: [CALL] },
      { reasoning: ['Silently.'], toolCalls: [CALL] },
      { reasoning: ['So it is.'], tokens: ['Friday', '.'] },
    ),
  );
  const { events, turn, rounds, id } = await take('agent');
  const thoughts = [
    '<think>\nWhat day?\n</think>I look.',
    '<think>\nSilently.\n</think>',
    '<think>\nSo it is.\n</think>Friday.',
  ];
  expect(thoughtsIn(events).map(({ thought }) => thought)).toEqual(thoughts);
  expect(saidIn(events)).toBe(thoughts.join('\n'));
  expect(turn?.answer).toBe(thoughts.join('\n'));
  const said = (messages: (typeof rounds)[number] | undefined) =>
    messages?.filter(({ role }) => role === 'assistant').map(({ content }) => content || '');
  expect(said(rounds[2])).toEqual(['I look.', '']);
  provider.reply({ tokens: ['ok'] });
  expect(said((await take('agent', id)).rounds[0])).toEqual(['I look.', '', 'Friday.']);
});

test('a model whose last round is reasoning alone said nothing', async () => {
  provider.reply(inTurn({ tokens: ['I look.'], toolCalls: [CALL] }, { reasoning: ['Hm.'], tokens: [] }));
  const { id } = await take('agent');
  provider.reply({ tokens: ['ok'] });
  const { rounds } = await take('agent', id);
  expect(rounds[0]).toEqual([
    { role: 'user', content: 'Hi' },
    { role: 'assistant', content: 'I look.\n' },
    { role: 'user', content: 'And?' },
  ]);
});

test.each([
  ['as its provider sends it', { reasoning: [`I could ${ACT}`, '.'], tokens: [`Thought: so\n${ACT}`] }],
  [
    'in its own text',
    {
      tokens: [
        '<thi',
        `nk>I could ${action('Final Answer', 'no')}`,
        ' or',
        ` not.</think>Thought: so\n${ACT}`,
      ],
    },
  ],
])('what a model weighs while it reasons, %s, is no action', async (_, reply) => {
  provider.reply(
    inTurn(reply, { tokens: [`<think>\nhm\n</think>Action: ${action('Final Answer', 'Friday.')}`] }),
  );
  const { events, turn, rounds } = await take('react');
  expect(rounds).toHaveLength(2);
  const [first] = thoughtsIn(events);
  expect(first).toMatchObject({
    thought: 'so',
    tool: 'weekday',
    observation: JSON.stringify({ weekday: RESULT }),
  });
  expect(saidIn(events)).toMatch(/^<think>\nI could .*\n<\/think>so\n<think>\nhm\n<\/think>Friday\.$/s);
  expect(turn?.answer).toBe('Friday.');
  expect(JSON.stringify(rounds[1])).not.toContain('I could');
});
