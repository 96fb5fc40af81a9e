import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Store } from '../../src/store/open-store.ts';
import type { MockReply } from '../support/mock-provider/mock-reply.ts';
import type { MockRequest } from '../support/mock-provider/mock-request.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { observationOf, saidIn, thoughtsIn } from '../support/parley/agent-events.ts';
import { agentApp, chatApp, completionApp } from '../support/parley/apps.ts';
import { openTestStore } from '../support/parley/open-test-store.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { streamChat, usageOf, type Wire } from '../support/parley/turns.ts';

const appTool = (id: string) => ({ type: 'workflow', provider: id, tool: id });
const model = { provider: 'openai', name: 'gpt-4o-mini', mode: 'chat', completion_params: {} };
const DAY = '{"year": 2024, "month": 1, "day": 5}';

let provider: MockProvider;
let parley: TestParley;
let store: Store;

beforeAll(async () => {
  provider = await startMockProvider();
  const field = (type: string, variable: string, more: object = {}) => ({
    [type]: { label: variable, variable, required: false, default: '', ...more },
  });
  const keywords = { keywords: 'bomb', inputs_config: { enabled: true, preset_response: 'Not with me.' } };
  parley = await startParley({
    provider: provider.baseUrl,
    apps: {
      outer: agentApp(['chat', 'translator', 'worker', 'form', 'broken', 'guarded'].map(appTool), {
        model,
        pre_prompt: 'outer',
      }),
      chat: chatApp({ model, pre_prompt: 'chat' }),
      translator: completionApp({ pre_prompt: 'translator {{text}}' }),
      worker: agentApp([{ provider: 'time', tool: 'weekday' }], { model, pre_prompt: 'worker' }),
      writer: agentApp([appTool('worker')], { pre_prompt: 'writer', agent: { strategy: 'react' } }),
      form: chatApp({
        pre_prompt: 'form {{name}} {{size}} {{count}}',
        user_input_form: [
          field('text-input', 'name', { required: true, max_length: 5 }),
          field('select', 'size', { options: ['S', 'L'] }),
          field('number', 'count'),
        ],
      }),
      broken: agentApp([{ provider: 'nowhere', tool: 'lost' }]),
      guarded: chatApp({
        pre_prompt: 'guarded',
        sensitive_word_avoidance: { enabled: true, type: 'keywords', config: keywords },
      }),
      loop: agentApp([appTool('loop')], { model, pre_prompt: 'loop' }),
    },
  });
  store = await openTestStore(parley);
});
afterAll(async () => {
  await store.destroy();
  await parley.close();
  await provider.close();
});

/** Which app asks, by its prompt, and whether it has the results of its tools. */
function appOf({ messages }: MockRequest): string {
  const name = String(messages[0]?.content).split(/\s/)[0] ?? '';
  return messages.at(-1)?.role === 'tool' ? `${name} again` : name;
}

async function take(replies: Readonly<Record<string, MockReply>>, app = 'outer', body: object = {}) {
  const before = provider.requests.length;
  provider.reply((request) => replies[appOf(request)] ?? { tokens: ['Done.'] });
  const events = (await (await streamChat(parley, { ...body }, app)).readAll()) as Wire[];
  expect(events.at(-1)).toMatchObject({ event: 'message_end' });
  const [thought] = thoughtsIn(events);
  return {
    events,
    requests: provider.requests.slice(before),
    observed: thought ? observationOf(thought) : {},
  };
}

const calling = (name: string, args: object | string): MockReply => ({
  toolCalls: [{ name, arguments: typeof args === 'string' ? args : JSON.stringify(args) }],
  usage: { prompt_tokens: 100_000, completion_tokens: 10_000 },
});

test('a chat app answers for the agent; what it used is the turn’s usage', async () => {
  const { observed, requests, events } = await take({
    outer: calling('chat', { query: 'How are you?' }),
    chat: {
      reasoning: ['Well?'],
      tokens: ['I am', ' fine.'],
      usage: { prompt_tokens: 1_000_000, completion_tokens: 100_000 },
    },
    'outer again': { tokens: ['It is fine.'], usage: { prompt_tokens: 200_000, completion_tokens: 20_000 } },
  });
  expect(observed).toEqual({ chat: 'I am fine.' });
  expect(requests.map(appOf)).toEqual(['outer', 'chat', 'outer again']);
  expect(requests[1]?.messages).toEqual([
    { role: 'system', content: 'chat' },
    { role: 'user', content: 'How are you?' },
  ]);
  expect(saidIn(events)).toBe('It is fine.');
  const used = usageOf(events);
  expect(used).toMatchObject({
    prompt_tokens: 1_300_000,
    completion_tokens: 130_000,
    total_tokens: 1_430_000,
  });
  // gpt-4o-mini: $0.15 and $0.60 per million tokens.
  expect(Number(used.prompt_price)).toBeCloseTo(0.195, 6);
  expect(Number(used.total_price)).toBeCloseTo(0.273, 6);
});

test('it is offered with its form and what it is for', async () => {
  const { requests } = await take({});
  const tools = new Map(requests[0]?.tools.map(({ name, ...tool }) => [name, tool]));
  expect([...tools.keys()]).toEqual(['chat', 'translator', 'worker', 'form', 'broken', 'guarded']);
  const query = { type: 'string', description: expect.any(String) };
  expect(tools.get('chat')).toEqual({
    description: 'For tests',
    parameters: { type: 'object', properties: { query }, required: ['query'] },
  });
  expect(tools.get('translator')?.parameters).toEqual({
    ...{ type: 'object', required: ['text'] },
    properties: { text: { type: 'string', maxLength: 2000, description: 'Text' } },
  });
  expect(tools.get('form')?.parameters).toEqual({
    ...{ type: 'object', required: ['name', 'query'] },
    properties: {
      name: { type: 'string', maxLength: 5, description: 'name' },
      size: { type: 'string', enum: ['S', 'L'], description: 'size' },
      count: { type: 'number', description: 'count' },
      query,
    },
  });
});

test('a completion app, an agent that works itself, and one whose input is refused', async () => {
  const translated = await take({
    outer: calling('translator', { text: 'Hallo' }),
    translator: { tokens: ['Hello'] },
  });
  expect(translated.observed).toEqual({ translator: 'Hello' });
  expect(translated.requests[1]?.messages).toEqual([{ role: 'user', content: 'translator Hallo' }]);
  const worked = await take({
    outer: calling('worker', { query: 'Which day?' }),
    worker: { tokens: ['I look.'], toolCalls: [{ name: 'weekday', arguments: DAY }] },
    'worker again': { tokens: ['Friday.'] },
  });
  expect(worked.observed).toEqual({ worker: 'I look.\nFriday.' });
  // Its thoughts are its own: the wire shows those of the app that was asked.
  expect(thoughtsIn(worked.events).map(({ tool }) => tool)).toEqual(['worker', '']);
  const refused = await take({ outer: calling('guarded', { query: 'a bomb' }) });
  expect(refused.observed).toEqual({ guarded: 'Not with me.' });
  expect(refused.requests.map(appOf)).toEqual(['outer', 'outer again']);
});

test('an agent that writes its actions calls one too', async () => {
  const action = (name: string, input: unknown) => JSON.stringify({ action: name, action_input: input });
  let asked = 0;
  const writer = () =>
    ++asked === 1 ? action('worker', 'Which day?') : action('Final Answer', 'It is Friday.');
  provider.reply((request) => ({ tokens: [appOf(request) === 'writer' ? writer() : 'Friday.'] }));
  const events = await (await streamChat(parley, {}, 'writer')).readAll();
  expect(thoughtsIn(events)[0]).toMatchObject({ observation: '{"worker":"Friday."}' });
  expect(saidIn(events)).toBe('It is Friday.');
});

describe('inputs are checked', () => {
  test.each([
    [{ query: 'x' }, /tool parameters validation error: .*name/],
    [{ query: 'x', name: 'longer than five' }, /name/],
    [{ query: 'x', name: 'ok', size: 'XXL' }, /size|S.*L/],
    [{ name: 'ok' }, /tool parameters validation error: .*query/],
  ])('%j', async (args, problem) => {
    const { observed, requests } = await take({ outer: calling('form', args) });
    expect(observed.form).toMatch(problem);
    expect(requests.map(appOf)).toEqual(['outer', 'outer again']);
  });

  test('and passed on when they fit', async () => {
    const { requests } = await take({
      outer: calling('form', { query: 'Q', name: 'Ann', size: 'L', count: '3', extra: 1 }),
    });
    expect(requests[1]?.messages).toEqual([
      { role: 'system', content: 'form Ann L 3' },
      { role: 'user', content: 'Q' },
    ]);
  });
});

test('an app that could not run tells the agent why, and so does one whose model fails', async () => {
  const broken = await take({ outer: calling('broken', { query: 'x' }) });
  expect(broken.observed.broken).toMatch(
    /^tool invoke error: broken: App unavailable: the tool lost is missing/,
  );
  const failing = await take({
    outer: calling('chat', { query: 'x' }),
    chat: { status: 400, error: { message: 'no such model', type: 'invalid_request_error' } },
  });
  expect(failing.observed.chat).toMatch(/^tool invoke error: chat: .*no such model/);
});

test('an app that calls itself is told no, and goes on', async () => {
  const { requests, events } = await take(
    {
      loop: calling('loop', { query: 'deeper' }),
      'loop again': { tokens: ['Up.'], usage: { prompt_tokens: 100_000, completion_tokens: 10_000 } },
    },
    'loop',
  );
  expect(requests.map(appOf)).toEqual(['loop', 'loop again']);
  expect(requests[1]?.messages.at(-1)?.content).toBe('tool invoke error: loop is already at work on this');
  expect(usageOf(events)).toMatchObject({ prompt_tokens: 200_000, completion_tokens: 20_000 });
});

test('of such a call nothing is stored, and its app knows no conversation of the user’s', async () => {
  const rows = async (app: string) => {
    const { n } = await store
      .selectFrom('messages')
      .select(({ fn }) => fn.countAll<number>().as('n'))
      .where('app_id', '=', app)
      .executeTakeFirstOrThrow();
    return Number(n);
  };
  const before = await rows('outer');
  await take({ outer: calling('worker', { query: 'x' }), worker: { tokens: ['ok'] } }, 'outer', {
    user: 'once',
  });
  expect(await rows('outer')).toBe(before + 1);
  expect(await rows('worker')).toBe(0);
  const list = await parley.request('worker', 'GET', '/conversations?user=once');
  expect(await list.json()).toMatchObject({ data: [] });
});
