import { afterAll, beforeAll, expect, test } from 'vitest';
import { inTurn } from '../support/mock-provider/in-turn.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { kindsOf, observationOf, thoughtsIn } from '../support/parley/agent-events.ts';
import { agentApp } from '../support/parley/apps.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { stop, streamChat, usageOf, type Wire } from '../support/parley/turns.ts';
import { textParameter, writeOpenApi } from '../support/tools/openapi-document.ts';
import { type Callee, startCallee } from '../support/tools/start-callee.ts';

const LOOKUP = { name: 'lookup', arguments: '{"q":"something to look up"}' };
const READ = { name: 'jina_reader', arguments: '{"url":"https://1.1.1.1/"}' };
const model = { provider: 'openai', name: 'gpt-4o-mini', mode: 'chat', completion_params: {} };

let provider: MockProvider;
let callee: Callee;
let document: Awaited<ReturnType<typeof writeOpenApi>>;
let parley: TestParley;
let brief: TestParley;

beforeAll(async () => {
  provider = await startMockProvider();
  callee = await startCallee();
  document = await writeOpenApi(callee.url, {
    lookup: { path: '/lookup', parameters: [textParameter('q')] },
  });
  const lookup = { type: 'api', provider: 'service', tool: 'lookup' };
  const config = {
    tools: [
      { name: 'service', openapi: document.file },
      { name: 'jina', base_url: callee.url },
    ],
  };
  parley = await startParley({
    provider: provider.baseUrl,
    apps: {
      agent: agentApp([lookup], { model }),
      reader: agentApp([{ provider: 'jina', tool: 'jina_reader', values: { summary: true } }], { model }),
    },
    config,
  });
  brief = await startParley({
    provider: provider.baseUrl,
    apps: { agent: agentApp([lookup], { model }) },
    config: { ...config, limits: { max_execution_time: '400ms' } },
  });
});
afterAll(async () => {
  await brief.close();
  await parley.close();
  await document.remove();
  await callee.close();
  await provider.close();
});

async function usage(app = 'agent') {
  return usageOf(await (await streamChat(parley, {}, app)).readAll());
}

test('tokens and prices of all rounds are added up', async () => {
  callee.reply();
  provider.reply(
    inTurn(
      { toolCalls: [LOOKUP], usage: { prompt_tokens: 1_000_000, completion_tokens: 100_000 } },
      { toolCalls: [LOOKUP], usage: { prompt_tokens: 2_000_000, completion_tokens: 200_000 } },
      { tokens: ['ok'], usage: { prompt_tokens: 3_000_000, completion_tokens: 300_000 } },
    ),
  );
  const used = await usage();
  expect(used).toMatchObject({
    ...{ prompt_tokens: 6_000_000, completion_tokens: 600_000, total_tokens: 6_600_000, currency: 'USD' },
  });
  // gpt-4o-mini: $0.15 and $0.60 per million tokens.
  expect(Number(used.prompt_price)).toBeCloseTo(0.9, 6);
  expect(Number(used.completion_price)).toBeCloseTo(0.36, 6);
  expect(Number(used.total_price)).toBeCloseTo(1.26, 6);
});

test('a round that the provider does not report is counted here: prompt, functions, words and calls', async () => {
  callee.reply();
  const rounds = (reported: null | undefined) =>
    inTurn(
      {
        tokens: ['I look it up.'],
        toolCalls: [LOOKUP],
        usage: reported ?? { prompt_tokens: 60, completion_tokens: 20 },
        ...(reported === null ? { usage: null } : {}),
      },
      { tokens: ['ok'], usage: { prompt_tokens: 1_000, completion_tokens: 100 } },
    );
  provider.reply(rounds(null));
  const counted = await usage();
  const prompt = Number(counted.prompt_tokens) - 1_000;
  const completion = Number(counted.completion_tokens) - 100;
  // `Hi`, 7 tokens with its frame; a function with one parameter, some 40.
  expect(prompt).toBeGreaterThan(30);
  expect(prompt).toBeLessThan(90);
  // Four words, and a call with as many in its arguments.
  expect(completion).toBeGreaterThan(12);
  expect(completion).toBeLessThan(30);
  provider.reply(rounds(undefined));
  expect(await usage()).toMatchObject({ prompt_tokens: 1_060, completion_tokens: 120 });
});

test('what a tool has the model shorten is the turn’s usage too, reported or counted', async () => {
  callee.reply({ body: 'A long text of a page. '.repeat(20) });
  const isSummary = (content: unknown) => String(content).startsWith('Summarize');
  for (const reported of [{ prompt_tokens: 500, completion_tokens: 50 }, null]) {
    provider.reply(({ messages }) => {
      if (isSummary(messages[0]?.content))
        return { tokens: ['<think>\nhm\n</think>', 'In short.'], usage: reported };
      return messages.at(-1)?.role === 'tool'
        ? { tokens: ['ok'], usage: { prompt_tokens: 20, completion_tokens: 2 } }
        : { toolCalls: [READ], usage: { prompt_tokens: 10, completion_tokens: 1 } };
    });
    const events = await (await streamChat(parley, {}, 'reader')).readAll();
    const [thought] = thoughtsIn(events);
    expect(thought && observationOf(thought)).toEqual({ jina_reader: 'In short.' });
    const { prompt_tokens, completion_tokens } = usageOf(events);
    if (reported !== null) expect([prompt_tokens, completion_tokens]).toEqual([530, 53]);
    expect(Number(prompt_tokens) - 30).toBeGreaterThan(100);
    expect(Number(completion_tokens) - 3).toBeGreaterThan(3);
  }
});

test('a stop in the second round: the first is counted as reported, the second here', async () => {
  callee.reply();
  provider.reply(
    inTurn(
      { tokens: ['One.'], toolCalls: [LOOKUP], usage: { prompt_tokens: 1_000, completion_tokens: 100 } },
      { tokens: ['And now', ' for', ' something'], hold: 2 },
    ),
  );
  const reader = await streamChat(parley, {}, 'agent');
  const events = await reader.readUntil(({ answer }) => answer === ' for');
  await stop(parley, String(events[0]?.task_id), 'u1', 'agent');
  const used = usageOf(await reader.readAll());
  expect(used.prompt_tokens).toBeGreaterThan(1_030);
  expect(used.prompt_tokens).toBeLessThan(1_200);
  expect(used.completion_tokens).toBeGreaterThan(101);
  expect(used.completion_tokens).toBeLessThan(110);
});

test('a run that is out of time ends in the middle of a tool: an ordinary end, and all is kept', async () => {
  callee.reply({ hold: 'headers' });
  const slow = { name: 'lookup', arguments: '{"q":"slow"}' };
  provider.reply({
    tokens: ['I look.'],
    toolCalls: [slow],
    usage: { prompt_tokens: 10, completion_tokens: 5 },
  });
  const reader = await streamChat(brief, {}, 'agent');
  const request = await callee.nextRequest(({ path }) => path.endsWith('q=slow'));
  await request.left();
  const events = (await reader.readAll()) as Wire[];
  expect(kindsOf(events)).toEqual(['agent_thought', 'agent_message', 'agent_thought', 'message_end']);
  expect(usageOf(events)).toMatchObject({ prompt_tokens: 10, completion_tokens: 5 });
  const { conversation_id } = events[0] as Wire;
  const list = await brief.request('agent', 'GET', `/messages?user=u1&conversation_id=${conversation_id}`);
  expect(await list.json()).toMatchObject({
    data: [
      {
        ...{ answer: 'I look.', status: 'normal', error: null },
        agent_thoughts: [{ thought: 'I look.', tool: 'lookup', observation: '' }],
      },
    ],
  });
});
