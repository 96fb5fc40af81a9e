import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inTurn } from '../support/mock-provider/in-turn.ts';
import type { MockMessage } from '../support/mock-provider/mock-request.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { agentApp } from '../support/parley/apps.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { stop, streamChat, type Wire } from '../support/parley/turns.ts';
import { textParameter, writeOpenApi } from '../support/tools/openapi-document.ts';
import { type Callee, startCallee } from '../support/tools/start-callee.ts';

const WINDOW = 1_500;

let provider: MockProvider;
let callee: Callee;
let document: Awaited<ReturnType<typeof writeOpenApi>>;
let parley: TestParley;

beforeAll(async () => {
  provider = await startMockProvider();
  callee = await startCallee();
  document = await writeOpenApi(callee.url, {
    lookup: { path: '/lookup', parameters: [textParameter('q')] },
  });
  const tools = [{ type: 'api', provider: 'service', tool: 'lookup' }];
  const small = { provider: 'openai', name: 'small', mode: 'chat', completion_params: { max_tokens: 100 } };
  parley = await startParley({
    apps: {
      agent: agentApp(tools, { pre_prompt: 'Be brief.' }),
      small: agentApp(tools, { pre_prompt: 'Be brief.', model: small }),
      react: agentApp(tools, { agent: { strategy: 'react' } }),
    },
    config: {
      tools: [{ name: 'service', openapi: document.file }],
      providers: {
        openai: {
          api_key: 'sk-test',
          base_url: provider.baseUrl,
          models: [{ name: 'small', context_window: WINDOW }],
        },
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

const lookup = (q: string) => ({ name: 'lookup', arguments: JSON.stringify({ q }) });

/** Takes a turn to its end; answers its conversation and what each round was asked. */
async function turn(app: string, query: string, conversation_id?: string) {
  const before = provider.requests.length;
  const reader = await streamChat(parley, { query, ...(conversation_id ? { conversation_id } : {}) }, app);
  const events = (await reader.readAll()) as Wire[];
  expect(events.at(-1)).toMatchObject({ event: 'message_end' });
  const rounds = provider.requests.slice(before).map(({ messages }) => messages);
  return { id: String(events[0]?.conversation_id), rounds };
}

/** The next turn of the conversation, with what its model was told. */
async function recalled(app: string, id: string): Promise<readonly MockMessage[]> {
  provider.reply({ tokens: ['ok'] });
  return (await turn(app, 'And now?', id)).rounds[0] ?? [];
}

test('earlier work comes with its turn: calls and results as they were, then the answer', async () => {
  callee.reply(({ path }) => ({ body: `result of ${path}` }));
  provider.reply(
    inTurn(
      { tokens: ['I look.'], toolCalls: [lookup('a'), lookup('b')] },
      { toolCalls: [lookup('c')] },
      { tokens: ['It is', ' so.'] },
    ),
  );
  const { id } = await turn('agent', 'Tell me');
  const messages = await recalled('agent', id);
  const calls = messages.flatMap(({ tool_calls = [] }) => tool_calls.map((call) => call.id));
  expect(new Set(calls).size).toBe(3);
  const called = (n: number, q: string) => ({ id: calls[n], type: 'function', function: lookup(q) });
  const result = (n: number, q: string) => {
    return { role: 'tool', tool_call_id: calls[n], content: `result of /lookup?q=${q}` };
  };
  expect(messages).toEqual([
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'Tell me' },
    { role: 'assistant', content: 'I look.', tool_calls: [called(0, 'a'), called(1, 'b')] },
    result(0, 'a'),
    result(1, 'b'),
    { role: 'assistant', content: expect.toBeOneOf(['', null]), tool_calls: [called(2, 'c')] },
    result(2, 'c'),
    { role: 'assistant', content: 'It is so.' },
    { role: 'user', content: 'And now?' },
  ]);
});

test('failures are remembered as the model was told of them', async () => {
  callee.reply({ status: 500, body: 'broken' });
  provider.reply(inTurn({ toolCalls: [{ name: 'teleport' }, lookup('a')] }, { tokens: ['Sorry.'] }));
  const { id } = await turn('agent', 'Tell me');
  const results = (await recalled('agent', id)).filter(({ role }) => role === 'tool');
  expect(results.map(({ content }) => content)).toEqual([
    'there is not a tool named teleport',
    expect.stringMatching(/^tool invoke error: .*500/),
  ]);
});

test('what a provider wants back with a call goes back with it, in this turn and in the next', async () => {
  callee.reply();
  const extra = { extra_content: { google: { thought_signature: 'c2ln' } } };
  provider.reply(inTurn({ toolCalls: [{ ...lookup('a'), extra }] }, { tokens: ['ok'] }));
  const { id, rounds } = await turn('agent', 'Tell me');
  for (const messages of [rounds[1], await recalled('agent', id)]) {
    const [call] = messages?.flatMap(({ tool_calls = [] }) => tool_calls) ?? [];
    expect(call).toMatchObject(extra);
  }
});

test('of a turn that was stopped within its work only what it said is remembered', async () => {
  callee.reply({ hold: 'headers' });
  provider.reply({ tokens: ['I look.'], toolCalls: [lookup('stopped')] });
  const reader = await streamChat(parley, { query: 'Tell me' }, 'agent');
  const [{ conversation_id, task_id }] = (await reader.readUntil(() => true)) as [Wire];
  await callee.nextRequest(({ path }) => path.endsWith('stopped'));
  await stop(parley, task_id, 'u1', 'agent');
  await reader.readAll();
  expect(await recalled('agent', conversation_id)).toEqual([
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'Tell me' },
    { role: 'assistant', content: 'I look.' },
    { role: 'user', content: 'And now?' },
  ]);
});

test('a last round without a word is no message', async () => {
  callee.reply();
  provider.reply(inTurn({ tokens: ['I look.'], toolCalls: [lookup('a')] }, { tokens: [] }));
  const { id } = await turn('agent', 'Tell me');
  expect((await recalled('agent', id)).slice(1, -1)).toEqual([
    { role: 'user', content: 'Tell me' },
    { role: 'assistant', content: 'I look.' },
  ]);
});

test('an agent that writes its actions remembers answers alone', async () => {
  callee.reply();
  const json = (action: string, action_input: unknown) => JSON.stringify({ action, action_input });
  provider.reply(
    inTurn(
      { tokens: [`Thought: I look.\nAction: ${json('lookup', { q: 'a' })}`] },
      { tokens: [`Thought: I know.\nAction: ${json('Final Answer', 'It is so.')}`] },
    ),
  );
  const { id } = await turn('react', 'Tell me');
  expect((await recalled('react', id)).slice(1)).toEqual([
    { role: 'user', content: 'Tell me' },
    { role: 'assistant', content: 'It is so.' },
    { role: 'user', content: 'And now?' },
  ]);
});

describe('in a small window', () => {
  const words = (messages: readonly MockMessage[] | undefined) =>
    JSON.stringify(messages ?? []).split(/\W+/).length;
  const texts = (messages: readonly MockMessage[] | undefined) =>
    (messages ?? []).map(({ content }) => String(content).split(' ')[0]);

  async function talk(turns: number): Promise<string> {
    let id: string | undefined;
    for (let n = 1; n <= turns; n++) {
      provider.reply({ tokens: [`answer${n} `, 'said '.repeat(60)] });
      ({ id } = await turn('small', `question${n} ${'asked '.repeat(60)}`, id));
    }
    return id as string;
  }

  test('work that does not fit is left out, the words of its turn stay', async () => {
    callee.reply({ body: 'large '.repeat(1_300) });
    const before = await talk(1);
    provider.reply(inTurn({ tokens: ['I look.'], toolCalls: [lookup('a')] }, { tokens: ['It is so.'] }));
    const { id } = await turn('small', 'Tell me', before);
    callee.reply({ body: 'small' });
    provider.reply(inTurn({ toolCalls: [lookup('b')] }, { tokens: ['Small.'] }));
    await turn('small', 'More', id);
    const messages = await recalled('small', id);
    expect(messages.map(({ role }) => role)).toEqual([
      ...['system', 'user', 'assistant', 'user', 'assistant'],
      ...['user', 'assistant', 'tool', 'assistant', 'user'],
    ]);
    expect(messages[3]).toEqual({ role: 'user', content: 'Tell me' });
    expect(messages[4]).toEqual({ role: 'assistant', content: 'I look.\nIt is so.' });
    expect(messages[7]?.content).toBe('small');
  });

  test('what is remembered makes room for the work of this turn', async () => {
    const id = await talk(10);
    callee.reply({ body: 'large '.repeat(700) });
    provider.reply(inTurn({ tokens: ['I look.'], toolCalls: [lookup('a')] }, { tokens: ['It is so.'] }));
    const { rounds } = await turn('small', 'last', id);
    expect(rounds).toHaveLength(2);
    for (const messages of rounds) {
      expect(words(messages)).toBeLessThan(WINDOW - 100);
      expect(texts(messages)).toContain('last');
      expect(messages[0]).toEqual({ role: 'system', content: 'Be brief.' });
    }
    const [first, second] = rounds.map((messages) =>
      texts(messages).filter((text) => /^answer/.test(text ?? '')),
    );
    expect(first?.length).toBeGreaterThan(6);
    expect(second?.length).toBeGreaterThan(0);
    expect(second).toEqual(first?.slice(-(second?.length ?? 0)));
    expect(second?.length).toBeLessThan(first?.length ?? 0);
    expect(texts(rounds[1]).slice(-3)).toEqual(['last', 'I', 'large']);
  });
});
