import { describe, expect, test } from 'vitest';
import { ParleyError } from '../../../errors.ts';
import { calling, constant, entry, runAgentNode, say } from '../agent/agent.fixture.ts';
import { fakeModels } from '../model/fake-models.fixture.ts';
import { nodeKinds } from '../node-kinds.ts';
import { fakeTool } from '../tools/tools.fixture.ts';
import { edges, node, readOrThrow } from '../workflow.fixture.ts';
import { agent as kind } from './agent.ts';

describe('what is in a file', () => {
  const data = (strategy: string, parameters: object = {}) => ({
    agent_strategy_name: strategy,
    agent_strategy_provider_name: 'svcvit/agent/agent',
    agent_parameters: {
      model: constant({ provider: 'openai', model: 'gpt-4o' }),
      tools: constant([
        entry('look', { settings: { zone: { value: { type: 'mixed', value: '{{#a.b#}}' } } }, type: 'mcp' }),
      ]),
      query: constant('{{#c.d#}}'),
      ...parameters,
    },
  });

  test('what it needs, refers to, and tells when it starts', () => {
    const config = kind.config.parse(data('ReAct', { mcp_server: { type: 'variable', value: ['e', 'f'] } }));
    expect(kind.needs?.(config)).toEqual([
      { kind: 'model', provider: 'openai', name: 'gpt-4o', mode: 'chat' },
      {
        kind: 'tool',
        tool: {
          ...{ providerType: 'mcp', providerId: 'kit', providerName: 'kit' },
          tool: 'look',
          label: 'look',
        },
      },
    ]);
    expect(kind.references?.(config)).toEqual([
      ['c', 'd'],
      ['e', 'f'],
      ['a', 'b'],
    ]);
    expect(kind.about?.(config)).toEqual({ agent_strategy: { name: 'ReAct', icon: null } });
    expect(nodeKinds).toContain(kind);
  });

  test('the start of the node tells its strategy', async () => {
    const { events } = await runAgentNode(fakeModels([{ says: ['ok'] }]));
    expect(events.find((event) => event.kind === 'node_started' && event.nodeId === 'x')).toMatchObject({
      about: { agent_strategy: { name: 'function_calling', icon: null } },
    });
  });

  test.each([
    ...[['function_calling'], ['Function Calling'], ['FunctionCalling'], ['function-call'], ['ReAct']],
    ...[['REACT'], ['re_act'], ['mcp_sse_function_calling'], ['mcp_sse_ReAct']],
  ])('the strategy %s is known', (strategy) => {
    expect(kind.config.safeParse(data(strategy)).success).toBe(true);
  });

  test.each<[string, Readonly<Record<string, unknown>>]>([
    ["there is no agent strategy 'TOD' here, but function_calling and ReAct", data('TOD')],
    ["there is no agent strategy 'TOD' here", { agent_strategy_name: 'TOD', agent_parameters: {} }],
    ['agent_parameters.model', { agent_strategy_name: 'ReAct', agent_parameters: {} }],
    ['agent_parameters.query', data('ReAct', { query: { type: 'other', value: 1 } })],
    ['agent_parameters.tools', data('ReAct', { tools: constant('{{#a.b#}}') })],
  ])('a graph is refused: %s', (problem, given) => {
    const nodes = [node('start', 'start'), node('x', 'agent', given)];
    expect(() => readOrThrow(nodes, edges('start -> x'))).toThrow(problem);
  });
});

describe('failures and stops', () => {
  test('a model that fails after a tool fails the node, which knows no retries: the tool has done its work', async () => {
    const fails = new ParleyError('completion_request_error', 400, 'The model is gone.');
    const fake = fakeModels([calling({ look: {} }), { says: ['Half'], fails }, { says: ['Whole.'] }]);
    let looked = 0;
    const look = fakeTool('look', async () => {
      looked += 1;
      return [{ kind: 'text', text: 'x' }];
    });
    const run = await runAgentNode(fake, {
      tools: [look],
      data: { retry_config: { retry_enabled: true, max_retries: 3, retry_interval: 0 } },
    });
    expect(run.node).toMatchObject({ status: 'failed', error: 'The model is gone.' });
    expect(looked).toBe(1);
    expect(run.story.filter((line) => line.startsWith('retry'))).toEqual([]);
    expect(fake.requests).toHaveLength(2);
  });

  test('a model in a later round: what earlier ones have used counts', async () => {
    const fails = new ParleyError('provider_rate_limited', 429, 'Slow down.');
    const fake = fakeModels([calling({ look: {} }), { fails }]);
    const { node } = await runAgentNode(fake, { tools: [fakeTool('look', say('x'))] });
    expect(node).toMatchObject({ status: 'failed', error: 'Slow down.', usage: { tokens: 15 } });
    expect(node.metadata.agent_log).toHaveLength(5);
  });

  test('what a failed call had said counts too', async () => {
    const fails = new ParleyError('completion_request_error', 400, 'Gone.');
    const fake = fakeModels([calling({ look: {} }), { says: ['Half of it'], fails }]);
    const { node } = await runAgentNode(fake, { tools: [fakeTool('look', say('x'))] });
    const used = fake.used.map(({ promptTokens, completionTokens }) => promptTokens + completionTokens);
    expect(used).toHaveLength(2);
    expect(node.usage?.tokens).toBe(used.reduce((a, b) => a + b));
    expect(node.usage?.tokens).toBeGreaterThan(15);
  });

  test('a stop while the model speaks', async () => {
    const stop = new AbortController();
    const fake = fakeModels([{ says: ['Half'], hangs: true }]);
    const run = runAgentNode(fake, { signal: stop.signal });
    await fake.hanging;
    const reason = new Error('Stopped by user.');
    stop.abort(reason);
    expect(await fake.aborted).toBe(reason);
    const { outcome, node, lines } = await run;
    expect(outcome).toMatchObject({ status: 'stopped' });
    expect(node).toBeUndefined();
    expect(lines).toEqual(['ROUND 1 start', 'gpt-4o Thought start']);
    await expect.poll(() => fake.used.length).toBe(1);
    expect(fake.requests).toHaveLength(1);
  });

  test('a stop while tools work: all are told at once, and nothing follows', async () => {
    const stop = new AbortController();
    const fake = fakeModels([
      calling([
        ['look', {}],
        ['look', { q: 'b' }],
      ]),
      { says: ['never'] },
    ]);
    const signals: AbortSignal[] = [];
    const both = Promise.withResolvers<void>();
    const tool = fakeTool('look', (_, { signal }) => {
      if (signals.push(signal) === 2) both.resolve();
      return new Promise(() => {});
    });
    const run = runAgentNode(fake, { tools: [tool], signal: stop.signal });
    await both.promise;
    stop.abort(new Error('Stopped by user.'));
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
    expect((await run).outcome.status).toBe('stopped');
    await new Promise((resolve) => setImmediate(resolve));
    expect(fake.requests).toHaveLength(1);
  });
});
