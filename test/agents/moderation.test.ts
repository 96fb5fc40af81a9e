import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inTurn } from '../support/mock-provider/in-turn.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { kindsOf, saidIn, thoughtsIn } from '../support/parley/agent-events.ts';
import { agentApp } from '../support/parley/apps.ts';
import { type ExtensionCall, startExtension } from '../support/parley/start-extension.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { streamChat, usageOf, type Wire } from '../support/parley/turns.ts';
import { textParameter, writeOpenApi } from '../support/tools/openapi-document.ts';
import { type Callee, startCallee } from '../support/tools/start-callee.ts';

const on = (preset_response: string) => ({ enabled: true, preset_response });
const off = { enabled: false, preset_response: '' };
const moderated = (type: string, config: object) => ({
  sensitive_word_avoidance: { enabled: true, type, config },
});
const PRESET = 'Let us change the subject.';
const lookup = (q: string) => ({ name: 'lookup', arguments: JSON.stringify({ q }) });
const action = (name: string, input: unknown) => JSON.stringify({ action: name, action_input: input });

let provider: MockProvider;
let callee: Callee;
let extension: Awaited<ReturnType<typeof startExtension>>;
let verdict: (call: ExtensionCall) => unknown = () => ({ flagged: false });
let document: Awaited<ReturnType<typeof writeOpenApi>>;
let parley: TestParley;

beforeAll(async () => {
  provider = await startMockProvider();
  callee = await startCallee();
  extension = await startExtension((call) => verdict(call));
  document = await writeOpenApi(callee.url, {
    lookup: { path: '/lookup', parameters: [textParameter('q')] },
  });
  const tools = [{ type: 'api', provider: 'service', tool: 'lookup' }];
  const output = moderated('keywords', { keywords: 'bomb', inputs_config: off, outputs_config: on(PRESET) });
  const guard = { api_based_extension_id: 'guard', inputs_config: on('No.'), outputs_config: off };
  parley = await startParley({
    provider: provider.baseUrl,
    apps: {
      input: agentApp(
        tools,
        moderated('keywords', { keywords: 'bomb', inputs_config: on('Not with me.'), outputs_config: off }),
      ),
      guarded: agentApp(tools, {
        pre_prompt: 'For {{who}}.',
        ...moderated('api', guard),
        user_input_form: [
          { 'text-input': { label: 'W', variable: 'who', required: false, max_length: 20, default: '' } },
        ],
      }),
      checked: agentApp(tools, moderated('api', { ...guard, inputs_config: off, outputs_config: on('No.') })),
      output: agentApp(tools, output),
      react: agentApp(tools, { ...output, agent: { strategy: 'react' } }),
    },
    config: {
      tools: [{ name: 'service', openapi: document.file }],
      api_extensions: { guard: { endpoint: extension.url, api_key: 'secret' } },
    },
  });
});
afterAll(async () => {
  await parley.close();
  await document.remove();
  await callee.close();
  await extension.close();
  await provider.close();
});

async function take(app: string, body: object = {}) {
  const before = provider.requests.length;
  const events = (await (await streamChat(parley, { ...body }, app)).readAll()) as Wire[];
  return { events, requests: provider.requests.slice(before) };
}

async function stored(app: string, { conversation_id }: Wire) {
  const list = await parley.request(app, 'GET', `/messages?user=u1&conversation_id=${conversation_id}`);
  return ((await list.json()) as { data: (Wire & { agent_thoughts: Wire[] })[] }).data[0];
}

/** A client that goes by the thoughts sees nothing of what was withdrawn either. */
function expectWithdrawn(events: readonly Wire[]): void {
  expect(events.at(-1)).toMatchObject({ event: 'message_end' });
  const thoughts = thoughtsIn(events).map(({ thought }) => thought);
  expect(thoughts).toEqual([...thoughts.slice(1).map(() => ''), PRESET]);
}

describe('input', () => {
  test('that is refused reaches neither the model nor a tool; the preset response is an agent’s answer', async () => {
    const { events, requests } = await take('input', { query: 'How do I build a BOMB?' });
    expect(requests).toEqual([]);
    expect(kindsOf(events)).toEqual(['agent_message', 'message_end']);
    expect(saidIn(events)).toBe('Not with me.');
    expect(usageOf(events)).toMatchObject({ total_tokens: 0 });
    expect(await stored('input', events[0] as Wire)).toMatchObject({
      answer: 'Not with me.',
      agent_thoughts: [],
    });
  });

  test('an extension may put other words in its place, for every round', async () => {
    verdict = () => ({
      flagged: true,
      action: 'overridden',
      query: 'Something nice',
      inputs: { who: 'all' },
    });
    callee.reply();
    provider.reply(inTurn({ toolCalls: [lookup('x')] }, { tokens: ['ok'] }));
    const { events, requests } = await take('guarded', { query: 'Something bad', inputs: { who: 'me' } });
    expect(saidIn(events)).toBe('ok');
    for (const { messages } of requests)
      expect(messages.slice(0, 2)).toEqual([
        { role: 'system', content: 'For all.' },
        { role: 'user', content: 'Something nice' },
      ]);
    expect(requests).toHaveLength(2);
  });
});

describe('output', () => {
  test('refused in the first round: the model is cut off, its tools are not called, the preset response stands', async () => {
    provider.reply({ gate: true });
    const reader = await streamChat(parley, {}, 'output');
    const upstream = await provider.nextRequest(({ isOver }) => !isOver);
    upstream.send('Here is how. ');
    upstream.send('Take a bo');
    upstream.send('mb and');
    await upstream.aborted();
    const events = (await reader.readAll()) as Wire[];
    expect(kindsOf(events).slice(-3)).toEqual(['message_replace', 'agent_thought', 'message_end']);
    expect(events.at(-3)).toMatchObject({ answer: PRESET, reason: 'output_moderation' });
    expect(saidIn(events)).toBe(PRESET);
    expectWithdrawn(events);
    expect(await stored('output', events[0] as Wire)).toMatchObject({
      answer: PRESET,
      agent_thoughts: [{ thought: PRESET, tool: '' }],
    });
  });

  test('refused in a later round: the whole answer is withdrawn, the work is kept', async () => {
    callee.reply({ body: 'found' });
    provider.reply(
      inTurn({ tokens: ['I look.'], toolCalls: [lookup('x')] }, { tokens: ['A bomb', ' is', ' it'] }),
    );
    const { events } = await take('output');
    expect(saidIn(events)).toBe(PRESET);
    expectWithdrawn(events);
    expect(await stored('output', events[0] as Wire)).toMatchObject({
      ...{ answer: PRESET, status: 'normal' },
      agent_thoughts: [
        { thought: '', tool: 'lookup', observation: '{"lookup":"found"}' },
        { thought: PRESET, tool: '' },
      ],
    });
  });

  test('refused while a tool works: the tool ends at once, and no round follows', async () => {
    callee.reply({ hold: 'headers' });
    const working = callee.nextRequest(({ path }) => path.endsWith('refused'));
    verdict = async ({ body: { point } }) => {
      if (point !== 'app.moderation.output') return { flagged: false };
      await working;
      return { flagged: true, action: 'direct_output', preset_response: PRESET };
    };
    // Enough words that they are looked at before the end.
    provider.reply({ tokens: ['I build. '.repeat(50)], toolCalls: [lookup('refused')] });
    const { events, requests } = await take('checked');
    await (await working).left();
    expect(requests).toHaveLength(1);
    expect(saidIn(events)).toBe(PRESET);
    expectWithdrawn(events);
    expect(await stored('checked', events[0] as Wire)).toMatchObject({
      ...{ answer: PRESET, status: 'normal' },
      agent_thoughts: [{ tool: 'lookup', observation: '' }],
    });
  });

  test('what was withdrawn is remembered as it was replaced', async () => {
    callee.reply();
    provider.reply(inTurn({ toolCalls: [lookup('x')] }, { tokens: ['A bomb.'] }));
    const { events } = await take('output');
    provider.reply({ tokens: ['ok'] });
    const { requests } = await take('output', { conversation_id: events[0]?.conversation_id, query: 'And?' });
    const told = JSON.stringify(requests[0]?.messages);
    expect(told).not.toContain('bomb');
    expect(requests[0]?.messages.slice(-2)).toEqual([
      { role: 'assistant', content: PRESET },
      { role: 'user', content: 'And?' },
    ]);
  });

  test.each([
    ['a thought', `Thought: with a bomb.\nAction: ${action('lookup', 'x')}`],
    ['the final answer', `Thought: so.\nAction: ${action('Final Answer', 'A bomb.')}`],
    ['an answer without action', 'It is a bomb.'],
  ])('of an agent that writes its actions: %s', async (_, text) => {
    callee.reply();
    provider.reply(inTurn({ tokens: [text] }, { tokens: [`Action: ${action('Final Answer', 'Done.')}`] }));
    const { events } = await take('react');
    expect(saidIn(events)).toBe(PRESET);
    expectWithdrawn(events);
    expect((await stored('react', events[0] as Wire))?.answer).toBe(PRESET);
  });

  test('words are found across rounds and their break', async () => {
    callee.reply();
    provider.reply(inTurn({ tokens: ['Fine.'], toolCalls: [lookup('x')] }, { tokens: ['All', ' fine.'] }));
    const { events } = await take('output');
    expect(saidIn(events)).toBe('Fine.\nAll fine.');
    expect(thoughtsIn(events)).toHaveLength(2);
  });
});
