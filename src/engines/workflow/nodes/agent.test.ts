import { describe, expect, test } from 'vitest';
import { ToolError } from '../../../tools/tool-error.ts';
import type { ToolPart } from '../../../tools/tool-part.ts';
import { acting, calling, constant, runAgentNode, say } from '../agent/agent.fixture.ts';
import { fakeHistory, fakeModels } from '../model/fake-models.fixture.ts';
import { fakeTool, fileNamed, usage } from '../tools/tools.fixture.ts';
import type { Value } from '../values/value.ts';

const told = (chunks: readonly string[]) => chunks.filter((chunk) => chunk !== '');

describe('function calling', () => {
  test('without tools: one round, whose text is shown as it comes', async () => {
    const fake = fakeModels([{ says: ['It', ' is.'] }]);
    const { node, chunks, outcome, story } = await runAgentNode(fake);
    expect(node).toMatchObject({ status: 'succeeded', error: null, outputs: { text: 'It is.', files: [] } });
    // The last one says that nothing follows.
    expect(chunks).toEqual(['It', ' is.', '']);
    expect(outcome.outputs).toMatchObject({ answer: 'It is.' });
    expect(fake.requests).toEqual([
      {
        messages: [
          { role: 'system', content: 'Be exact.' },
          { role: 'user', content: 'What is it?' },
        ],
        params: {},
      },
    ]);
    expect(fake.refs).toEqual([{ provider: 'langgenius/openai/openai', name: 'gpt-4o', mode: 'chat' }]);
    expect(story.indexOf('"It"')).toBeLessThan(story.indexOf('finish x'));
  });

  test('tools are called, all of a round, until there is an answer', async () => {
    const fake = fakeModels([
      calling(
        [
          ['look', { q: 'a' }],
          ['count', { n: '2' }],
        ],
        'Let me see.',
      ),
      { says: ['Found.'] },
    ]);
    const calls: unknown[] = [];
    const tools = [
      fakeTool('look', async (args) => {
        calls.push(args);
        return [{ kind: 'text', text: 'found a' }];
      }),
      fakeTool('count', async (args) => {
        calls.push(args);
        return [{ kind: 'json', value: { n: 3 } }];
      }),
    ];
    const { node, chunks } = await runAgentNode(fake, { tools });
    expect(calls).toEqual([{ q: 'a' }, { n: 2 }]);
    expect(node.outputs.text).toBe('Let me see.\nFound.');
    expect(told(chunks)).toEqual(['Let me see.', '\n', 'Found.']);
    const [first, second] = fake.requests;
    expect(first?.tools?.map(({ name }) => name)).toEqual(['look', 'count']);
    expect(first?.tools?.[0]?.parameters.properties).toEqual({
      q: { type: 'string' },
      n: { type: 'number' },
    });
    expect(second?.messages.slice(2)).toMatchObject([
      { role: 'assistant', content: 'Let me see.', toolCalls: [{ name: 'look' }, { name: 'count' }] },
      { role: 'tool', name: 'look', content: 'found a' },
      { role: 'tool', name: 'count', content: '{"n":3}' },
    ]);
  });

  test('the log: rounds, what the model thought, and calls, each told twice and in order', async () => {
    const fake = fakeModels([calling([['look', { q: 'a' }]], 'Let me see.'), { says: ['Found.'] }]);
    const run = await runAgentNode(fake, { tools: [fakeTool('look', say('found a'))] });
    expect(run.lines).toEqual([
      ...['ROUND 1 start', 'gpt-4o Thought start', 'gpt-4o Thought success'],
      ...['CALL look start', 'CALL look success', 'ROUND 1 success'],
      ...['ROUND 2 start', 'gpt-4o Thought start', 'gpt-4o Thought success', 'ROUND 2 success'],
    ]);
    const [round, thought, thoughtEnd, call, callEnd, roundEnd] = run.log;
    expect(round).toEqual({
      ...{
        id: expect.any(String),
        label: 'ROUND 1',
        parent_id: null,
        error: null,
        status: 'start',
        data: {},
      },
      metadata: { started_at: expect.any(Number) },
      ...{ node_id: 'x', node_execution_id: run.node.executionId },
    });
    expect(thought?.parent_id).toBe(round?.id);
    expect(call?.parent_id).toBe(round?.id);
    expect(thoughtEnd).toMatchObject({
      id: thought?.id,
      data: { output: 'Let me see.', tool_name: 'look', tool_input: [{ name: 'look', args: { q: 'a' } }] },
      metadata: {
        provider: 'langgenius/openai/openai',
        total_tokens: 15,
        total_price: '0.105',
        currency: 'USD',
      },
    });
    expect(call?.metadata).toMatchObject({ provider: 'kit', icon: 'icon.png' });
    const response = {
      tool_call_id: expect.stringMatching(/^call_/),
      ...{ tool_call_name: 'look', tool_call_input: { q: 'a' }, tool_response: 'found a' },
    };
    expect(callEnd).toMatchObject({
      id: call?.id,
      data: { output: response },
      metadata: {
        started_at: expect.any(Number),
        finished_at: expect.any(Number),
        elapsed_time: expect.any(Number),
      },
    });
    expect(roundEnd).toMatchObject({
      id: round?.id,
      data: { output: { llm_response: 'Let me see.', tool_responses: [response] } },
      metadata: { total_tokens: 15 },
    });
    const last = [roundEnd, thoughtEnd, callEnd, run.log[9], run.log[8]];
    expect(run.node.metadata).toEqual({
      tool_info: { icon: null, agent_strategy: 'function_calling' },
      agent_log: last,
    });
    expect(run.node.outputs.json).toEqual([
      ...last.map((line) => {
        const { node_execution_id: _, ...shown } = line ?? {};
        return shown;
      }),
      { data: [] },
    ]);
  });

  test('what was used, of all rounds and of tools', async () => {
    const fake = fakeModels([calling({ look: {} }), { says: ['Found.'], result: { usage: null } }]);
    const tool = fakeTool('look', async (_, { onUsage, summarize }) => {
      onUsage(usage);
      return [
        { kind: 'text', text: (await summarize?.('long', { signal: new AbortController().signal })) ?? '' },
      ];
    });
    const { node } = await runAgentNode(
      { ...fake, models: fake.models },
      { tools: [tool], parameters: { maximum_iterations: constant('2') } },
    );
    // The second request was that of the summary; one round more is asked.
    expect(fake.used).toHaveLength(3);
    expect(fake.requests[1]?.messages[0]).toMatchObject({ role: 'user' });
    const own = node.outputs.usage as Record<string, Value>;
    expect(own).toMatchObject({ currency: 'USD', latency: expect.any(Number) });
    expect(own.total_tokens).toBe(
      fake.used.reduce((sum, { promptTokens, completionTokens }) => sum + promptTokens + completionTokens, 0),
    );
    expect(node.usage?.tokens).toBe(Number(own.total_tokens) + 7);
  });

  test('what a model reasons stands between tags', async () => {
    const fake = fakeModels([{ says: [{ kind: 'reasoning', text: 'hm' }, 'Yes.'] }]);
    const { node } = await runAgentNode(fake);
    expect(node.outputs.text).toBe('<think>\nhm\n</think>Yes.');
  });

  test('reasoning does not go on in the next round', async () => {
    const reasoning = { ...calling({ look: {} }), says: [{ kind: 'reasoning', text: 'hm' }] } as const;
    const { node } = await runAgentNode(fakeModels([reasoning, { says: ['Yes.'] }]), {
      tools: [fakeTool('look', say('x'))],
    });
    expect(node.outputs.text).toBe('<think>\nhm\n</think>\nYes.');
    const silent = await runAgentNode(fakeModels([{ says: [{ kind: 'reasoning', text: 'hm' }] }]));
    expect(silent.node.outputs.text).toBe('<think>\nhm\n</think>');
  });

  test('times of all calls together', async () => {
    let now = 0;
    const clock = {
      now() {
        now += 500;
        return now;
      },
      sleep: async () => {},
    };
    const fake = fakeModels([calling({ look: {} }, 'I'), { says: ['do'] }]);
    const { node } = await runAgentNode(fake, {
      tools: [fakeTool('look', say('x'))],
      services: { clock },
    });
    // Of each call: its begin, its first word, its end.
    expect(node.outputs.usage).toMatchObject({ latency: 2, time_to_first_token: 0.5, time_to_generate: 1 });
  });

  test('what a tool makes is kept, and told to the model', async () => {
    const fake = fakeModels([calling({ draw: {} }), { says: ['Done.'] }]);
    const made: ToolPart = {
      kind: 'file',
      data: new Uint8Array(7),
      mimeType: 'image/png',
      filename: 'a.png',
    };
    const { node } = await runAgentNode(fake, { tools: [fakeTool('draw', async () => [made])] });
    expect(node.outputs.files).toEqual([fileNamed('a.png', 'image/png', 7)]);
    expect(fake.requests[1]?.messages.at(-1)?.content).toMatch(/^The tool made the image a\.png/);
  });

  test('a tool that fails tells the model, and the log', async () => {
    const fake = fakeModels([
      calling([
        ['look', {}],
        ['gone', {}],
        ['look', 'no json'],
      ]),
      { says: ['Sorry.'] },
    ]);
    const tool = fakeTool('look', async () => {
      throw new ToolError('failed', 'closed');
    });
    const { node, lines, log } = await runAgentNode(fake, { tools: [tool] });
    expect(node).toMatchObject({ status: 'succeeded', outputs: { text: 'Sorry.' } });
    expect(lines.filter((line) => line.endsWith('error'))).toEqual([
      ...['CALL gone error', 'CALL look error', 'CALL look error'],
    ]);
    expect(log.map(({ error }) => error).filter((error) => error !== null)).toEqual(
      expect.arrayContaining([
        'tool invoke error: closed',
        'there is not a tool named gone',
        'tool parameters validation error: the arguments are not a JSON object',
      ]),
    );
  });

  test('a defect of a tool is heard of, and not told', async () => {
    const fake = fakeModels([calling({ look: {} }), { says: ['Sorry.'] }]);
    const defect = new TypeError('x is undefined');
    const heard: unknown[] = [];
    await runAgentNode(fake, {
      tools: [fakeTool('look', () => Promise.reject(defect))],
      services: { onError: (error) => heard.push(error) },
    });
    expect(heard).toEqual([defect]);
    expect(fake.requests[1]?.messages.at(-1)?.content).toBe(
      'tool invoke error: the tool failed unexpectedly',
    );
  });

  test('too many rounds fail the node, with all that was done', async () => {
    const fake = fakeModels([calling({ look: {} }, 'Once more.')]);
    const { node, lines } = await runAgentNode(fake, {
      tools: [fakeTool('look', say('nothing'))],
      parameters: { maximum_iterations: constant(2) },
    });
    const message =
      'Agent exceeded the maximum iteration limit of 2. The agent was unable to complete the task within the allowed number of iterations.';
    expect(node).toMatchObject({
      status: 'failed',
      ...{ error: message, errorType: 'AgentMaxIterationError', outputs: {} },
      inputs: { query: 'What is it?', maximum_iterations: 2 },
      usage: { tokens: 45, price: '0.315', currency: 'USD' },
      metadata: { tool_info: { agent_strategy: 'function_calling' } },
    });
    expect(fake.requests.map(({ toolChoice }) => toolChoice)).toEqual([undefined, undefined, 'none']);
    expect(lines.slice(-3)).toEqual(['gpt-4o Thought start', 'gpt-4o Thought success', 'ROUND 3 error']);
    expect((node.metadata.agent_log as readonly Value[]).at(-2)).toMatchObject({
      label: 'ROUND 3',
      error: message,
    });
  });
});

describe('ReAct', () => {
  test('acts until there is a final answer; its thoughts are in the log only', async () => {
    const fake = fakeModels([acting('look', { q: 'a' }), acting('Final Answer', 'It is a.', 'I know.')]);
    const tools = [fakeTool('look', say('found a'))];
    const { node, chunks, lines, log } = await runAgentNode(fake, { strategy: 'ReAct', tools });
    expect(node).toMatchObject({ status: 'succeeded', outputs: { text: 'It is a.' } });
    expect(told(chunks)).toEqual(['It is a.']);
    expect(fake.requests[0]).toMatchObject({ stop: ['Observation'] });
    expect(fake.requests[0]?.messages[0]?.content).toMatch(/^Be exact\.[\s\S]*"name":"look"/);
    expect(fake.requests[1]?.messages.slice(2)).toEqual([
      {
        role: 'assistant',
        content:
          'Thought: I look.\n\nAction: {"action":"look","action_input":{"q":"a"}}\n\nObservation: found a\n\n',
      },
      { role: 'user', content: 'continue' },
    ]);
    expect(lines).toEqual([
      ...['ROUND 1 start', 'gpt-4o Thought start', 'gpt-4o Thought success'],
      ...['CALL look start', 'CALL look success', 'ROUND 1 success'],
      ...['ROUND 2 start', 'gpt-4o Thought start', 'gpt-4o Thought success', 'ROUND 2 success'],
    ]);
    expect(log[5]?.data).toEqual({
      ...{ action_name: 'look', action_input: { q: 'a' }, thought: 'I look.', observation: 'found a' },
    });
    expect(log[4]?.data).toEqual({ tool_name: 'look', tool_call_args: { q: 'a' }, output: 'found a' });
  });

  test('a round without any action is the answer', async () => {
    const fake = fakeModels([{ says: ['I simply', ' know.'] }]);
    const { node, chunks } = await runAgentNode(fake, { strategy: 'react' });
    expect(node.outputs.text).toBe('I simply know.');
    expect(told(chunks)).toEqual(['I simply know.']);
  });

  test('too many rounds', async () => {
    const fake = fakeModels([acting('look', {})]);
    const { node } = await runAgentNode(fake, {
      ...{ strategy: 'ReAct', tools: [fakeTool('look', say(''))] },
      parameters: { maximum_iterations: constant(1) },
    });
    expect(node).toMatchObject({ status: 'failed', errorType: 'AgentMaxIterationError' });
  });

  test('a model that continues a text gets all in one, whatever the strategy', async () => {
    const fake = fakeModels([acting('look', { q: 'a' }), acting('Final Answer', 'a')]);
    const model = constant({
      provider: 'openai',
      model: 'davinci',
      mode: 'completion',
      completion_params: {},
    });
    const { node } = await runAgentNode(fake, {
      tools: [fakeTool('look', say('found'))],
      parameters: { model },
      data: { memory: { window: { enabled: false, size: 1 } } },
      services: { history: fakeHistory(3) },
    });
    expect(node.outputs.text).toBe('a');
    expect(fake.refs[0]).toEqual({ provider: 'openai', name: 'davinci', mode: 'completion' });
    const [{ messages }, second] = fake.requests as [
      { messages: readonly { content: string }[] },
      (typeof fake.requests)[0],
    ];
    expect(messages).toHaveLength(1);
    expect(messages[0]?.content).toMatch(
      /^Be exact\.[\s\S]*\n\nHuman: question 3\nAssistant: answer 3\nHuman: What is it\?\n\nAssistant: $/,
    );
    expect(second.messages[0]?.content).toMatch(/Assistant: Thought: I look\.[\s\S]*Thought: $/);
  });
});
