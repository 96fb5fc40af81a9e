import { afterAll, beforeAll, expect, test } from 'vitest';
import { inTurn } from '../support/mock-provider/in-turn.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { saidIn, thoughtsIn } from '../support/parley/agent-events.ts';
import { agentApp } from '../support/parley/apps.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { streamChat, type Wire } from '../support/parley/turns.ts';

const json = (action: string, action_input: unknown) => JSON.stringify({ action, action_input });
const DAY = { year: 2024, month: 1, day: 5 };
const ACT = `I look.\nAction: ${json('weekday', DAY)}`;
const DONE = `I know.\nAction: ${json('Final Answer', 'A Friday.')}`;
const WORK = `Thought: I look.\n\nAction: ${json('weekday', DAY)}\n\nObservation: January 5, 2024 is Friday.\n\n`;
/** Of the form that Dify exports for such models. */
const TEMPLATE =
  'Answer. {{instruction}}\nTools: {{tool_names}}\n{{historic_messages}}\nQuestion: {{query}}\n{{agent_scratchpad}}\nThought:';

let provider: MockProvider;
let parley: TestParley;

beforeAll(async () => {
  provider = await startMockProvider();
  const model = {
    provider: 'openai',
    name: 'gpt-3.5-turbo-instruct',
    mode: 'completion',
    completion_params: {},
  };
  const tools = [{ provider: 'time', tool: 'weekday' }];
  const app = (agent: Record<string, unknown>) => agentApp(tools, { model, pre_prompt: 'Be exact.', agent });
  parley = await startParley({
    provider: provider.baseUrl,
    apps: {
      // Such a model can be given no functions, whatever the file says.
      plain: app({ strategy: 'function_call' }),
      own: app({ strategy: 'react', prompt: { first_prompt: TEMPLATE, next_iteration: '{{x}}' } }),
      open: app({ strategy: 'react', prompt: { first_prompt: 'Question: {{query}}', next_iteration: '' } }),
    },
  });
});
afterAll(async () => {
  await parley.close();
  await provider.close();
});

async function take(app: string, body: object = {}) {
  const before = provider.requests.length;
  provider.reply(inTurn({ tokens: [ACT] }, { tokens: [DONE] }));
  const events = (await (
    await streamChat(parley, { query: 'Which day?', ...body }, app)
  ).readAll()) as Wire[];
  expect(events.at(-1)).toMatchObject({ event: 'message_end' });
  const requests = provider.requests.slice(before);
  expect(requests.map(({ path }) => path)).toEqual(['/v1/completions', '/v1/completions']);
  return { events, requests, prompts: requests.map(({ body }) => String(body?.prompt)) };
}

test('a model that continues a text gets all in one, and its own work at the end', async () => {
  const { events, requests, prompts } = await take('plain');
  for (const { body } of requests) {
    expect(body?.stop).toEqual(['Observation', '\nHuman:', '</histories>']);
    expect(body).not.toHaveProperty('tools');
  }
  const [first, second] = prompts;
  expect(first?.startsWith('Be exact.\n')).toBe(true);
  expect(first?.endsWith('\n\nHuman: Which day?\n\nAssistant: ')).toBe(true);
  expect(second).toBe(`${first}${WORK}Thought: `);
  expect(saidIn(events)).toBe('I look.\nI know.\nA Friday.');
  expect(thoughtsIn(events)).toMatchObject([
    { tool: 'weekday', thought: 'I look.' },
    { thought: 'A Friday.' },
  ]);
});

test('earlier turns come as a transcript', async () => {
  const { events } = await take('plain');
  const { prompts } = await take('plain', { query: 'And?', conversation_id: events[0]?.conversation_id });
  expect(prompts[0]).toContain('<histories>\nHuman: Which day?\nAssistant: A Friday.\n</histories>');
});

test('the app’s own template has everything put where it says, the work too', async () => {
  const { events, prompts } = await take('own');
  const text = (histories: string, query: string, work: string) =>
    `Answer. Be exact.\nTools: weekday\n${histories}\nQuestion: ${query}\n${work}\nThought:`;
  expect(prompts).toEqual([text('', 'Which day?', ''), text('', 'Which day?', WORK)]);
  const later = await take('own', { query: '{{tools}}?', conversation_id: events[0]?.conversation_id });
  const histories = 'Question: Which day?\nAnswer: A Friday.';
  expect(later.prompts).toEqual([text(histories, '{{tools}}?', ''), text(histories, '{{tools}}?', WORK)]);
});

test('a template without a place for the work has it at the end', async () => {
  const { prompts } = await take('open');
  expect(prompts).toEqual(['Question: Which day?\n\n', `Question: Which day?\n\n${WORK}`]);
});
