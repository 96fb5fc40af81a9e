import { describe, expect, test } from 'vitest';
import { calling, constant, entry, runAgentNode, say } from '../agent/agent.fixture.ts';
import { fakeHistory, fakeModels, file } from '../model/fake-models.fixture.ts';
import { fakeTool } from '../tools/tools.fixture.ts';
import type { Value } from '../values/value.ts';

describe('what the author writes', () => {
  const values = { word: 'a "word"', seven: 7, list: ['x'], docs: [] as Value };

  test('constants and templates are filled in, variables come as they are', async () => {
    const fake = fakeModels([{ says: ['ok'] }]);
    const { node } = await runAgentNode(fake, {
      values,
      parameters: {
        instruction: { type: 'mixed', value: 'Know {{#n.word#}} and {{#n.gone#}}.' },
        query: { type: 'variable', value: ['n', 'list'] },
        maximum_iterations: { type: 'variable', value: ['n', 'seven'] },
      },
    });
    expect(fake.requests[0]?.messages).toEqual([
      { role: 'system', content: 'Know a "word" and n.gone.' },
      { role: 'user', content: '["x"]' },
    ]);
    expect(node.inputs).toEqual({
      model: { provider: 'langgenius/openai/openai', model: 'gpt-4o', mode: 'chat' },
      ...{ tools: [], instruction: 'Know a "word" and n.gone.', query: '["x"]', maximum_iterations: 7 },
    });
  });

  test('a variable that is not there fails the node', async () => {
    const { node } = await runAgentNode(fakeModels([]), {
      parameters: { query: { type: 'variable', value: ['n', 'gone'] } },
    });
    expect(node).toMatchObject({
      ...{ status: 'failed', errorType: 'AgentVariableNotFoundError' },
      error: "Variable '['n', 'gone']' not found",
    });
  });

  test('parameters of the model, with its stop words', async () => {
    const fake = fakeModels([{ says: ['ok'] }]);
    const completion_params = { temperature: '{{#n.seven#}}', top_p: 0.5, stop: ['END'] };
    const model = constant({ provider: 'openai', model: 'gpt-4o', completion_params });
    await runAgentNode(fake, { values, parameters: { model } });
    expect(fake.requests[0]).toMatchObject({ params: { temperature: 7, top_p: 0.5 }, stop: ['END'] });
  });

  test('no more is asked of a model than there is room for', async () => {
    const fake = fakeModels([{ says: ['ok'] }], { contextWindow: 1000 });
    const completion_params = { max_tokens: 900 };
    const model = constant({ provider: 'openai', model: 'gpt-4o', completion_params });
    await runAgentNode(fake, { parameters: { model, query: constant('word '.repeat(400)) } });
    const { max_tokens } = fake.requests[0]?.params ?? {};
    expect(max_tokens).toBeGreaterThan(100);
    expect(max_tokens).toBeLessThan(800);
  });

  test('without a query, the instruction is what the model is asked', async () => {
    const fake = fakeModels([{ says: ['ok'] }]);
    await runAgentNode(fake, { parameters: { query: constant('') } });
    expect(fake.requests[0]?.messages).toEqual([{ role: 'user', content: 'Be exact.' }]);
  });

  test.each<[unknown, number]>([
    [5, 5],
    ['7', 7],
    [2.9, 2],
    [0, 3],
    [-1, 3],
    ['many', 3],
    [null, 3],
    [1e9, 500],
  ])('of %j rounds there are %d', async (given, rounds) => {
    const { node } = await runAgentNode(fakeModels([{ says: ['ok'] }]), {
      parameters: { maximum_iterations: constant(given) },
    });
    expect(node.inputs.maximum_iterations).toBe(rounds);
  });

  test('files go with the first round only', async () => {
    const fake = fakeModels([calling({ look: {} }), { says: ['ok'] }]);
    const { node } = await runAgentNode(fake, {
      values: { files: [file('a.png'), 'no file'] },
      tools: [fakeTool('look', say('x'))],
      parameters: { files: { type: 'variable', value: ['n', 'files'] } },
    });
    expect(fake.requests[0]?.messages[1]?.content).toMatchObject([
      { kind: 'image', filename: 'a.png' },
      { kind: 'text', text: 'What is it?' },
    ]);
    expect(fake.requests[1]?.messages[1]?.content).toBe('[image]\nWhat is it?');
    expect(node.inputs.files).toEqual([file('a.png')]);
  });

  test('passages of datasets: named as sources, and in the prompt where it asks for them', async () => {
    const metadata = { _source: 'knowledge', position: 1, dataset_id: 'd' };
    const docs = [{ title: 't', content: 'Facts.', metadata }];
    const { events } = await runAgentNode(fakeModels([{ says: ['ok'] }]), {
      values: { docs },
      parameters: {
        context: { type: 'variable', value: ['n', 'docs'] },
        instruction: constant('Use {{#context#}}'),
      },
    });
    const reports = events.flatMap((event) => (event.kind === 'node_reported' ? [event.report] : []));
    expect(reports.find((report) => report.kind === 'retriever_resources')).toMatchObject({
      resources: [{ dataset_id: 'd', content: 'Facts.', title: 't', position: 1 }],
    });
    const fake = fakeModels([{ says: ['ok'] }]);
    const parameters = {
      context: { type: 'variable', value: ['n', 'docs'] },
      instruction: constant('Use {{#context#}}'),
    };
    await runAgentNode(fake, { values: { docs }, parameters });
    expect(fake.requests[0]?.messages[0]).toEqual({ role: 'system', content: 'Use Facts.' });
  });

  test('what was said before comes between instruction and query, where the node has a memory', async () => {
    const history = fakeHistory(5);
    const fake = fakeModels([{ says: ['ok'] }]);
    const memory = { window: { enabled: true, size: 1 }, query_prompt_template: '{{#sys.query#}}' };
    await runAgentNode(fake, { data: { memory }, services: { history } });
    expect(fake.requests[0]?.messages.map(({ content }) => content)).toEqual([
      ...['Be exact.', 'question 5', 'answer 5', 'What is it?'],
    ]);
    expect(history.asked).toEqual([{ turns: 1, maxTokens: expect.any(Number) }]);
    const without = fakeModels([{ says: ['ok'] }]);
    await runAgentNode(without, { services: { history: fakeHistory(5) } });
    expect(without.requests[0]?.messages).toHaveLength(2);
    await runAgentNode(without, { data: { memory }, services: { history: null } });
    expect(without.requests[1]?.messages).toHaveLength(2);
  });

  test('what is remembered makes room for the work of the rounds', async () => {
    const history = fakeHistory(5);
    const fake = fakeModels([calling({ look: {} }), { says: ['ok'] }]);
    await runAgentNode(fake, {
      tools: [fakeTool('look', say('word '.repeat(200)))],
      data: { memory: {} },
      services: { history },
    });
    const [first, second] = history.asked as [{ maxTokens: number }, { maxTokens: number }];
    expect(first.maxTokens - second.maxTokens).toBeGreaterThan(100);
    expect(first).toMatchObject({ turns: null });
  });
});

describe('tools of a node', () => {
  const seen = () => {
    const calls: unknown[] = [];
    const tool = fakeTool('look', async (args) => {
      calls.push(args);
      return [];
    });
    return { calls, tool };
  };

  test('what the author has fixed is hidden from the model, and holds against it', async () => {
    const { calls, tool } = seen();
    const fake = fakeModels([calling({ look: { q: 'mine', n: 1, zone: 'mine' } }), { says: ['ok'] }]);
    const entries = [
      entry('look', {
        settings: { zone: { value: { type: 'mixed', value: 'of {{#n.word#}}' } } },
        parameters: {
          q: { auto: 0, value: { type: 'variable', value: ['n', 'word'] } },
          n: { auto: 1, value: { type: 'constant', value: 9 } },
        },
        extra: { description: 'Looks at {{it}}' },
      }),
    ];
    await runAgentNode(fake, { values: { word: 'a "word"' }, tools: [tool], entries });
    expect(fake.requests[0]?.tools).toEqual([
      {
        ...{ name: 'look', description: 'Looks at {{it}}' },
        parameters: { type: 'object', properties: { n: { type: 'number' } } },
      },
    ]);
    expect(calls).toEqual([{ q: 'a "word"', n: 1, zone: 'of a "word"' }]);
  });

  test.each<[string, object, object]>([
    ['plain settings', { settings: { zone: { value: 'UTC' } } }, { zone: 'UTC' }],
    ['settings without a value', { settings: { zone: { value: null }, n: { value: '' } } }, {}],
    ['settings that the tool does not know', { settings: { other: { value: 1 } } }, {}],
    [
      'a fixed constant',
      { parameters: { q: { auto: 0, value: { type: 'constant', value: 'x' } } } },
      { q: 'x' },
    ],
    ['a fixed value of an old file', { parameters: { q: 'x', n: null } }, { q: 'x' }],
    ['nothing that is fixed', { parameters: { q: { auto: 0, value: null }, n: { value: 3 } } }, {}],
  ])('%s', async (_, more, expected) => {
    const { calls, tool } = seen();
    const fake = fakeModels([calling({ look: {} }), { says: ['ok'] }]);
    await runAgentNode(fake, { tools: [tool], entries: [entry('look', more)] });
    expect(calls).toEqual([expected]);
  });

  test('those that are off are not there', async () => {
    const fake = fakeModels([{ says: ['ok'] }]);
    const entries = [entry('look', { enabled: false }), entry('gone', { enabled: null }), entry('look')];
    await runAgentNode(fake, { tools: [seen().tool], entries });
    expect(fake.requests[0]?.tools).toHaveLength(1);
  });

  test('two of one name get names of their own', async () => {
    const fake = fakeModels([calling({ look_kit: { q: 'b' } }), { says: ['ok'] }]);
    const { calls, tool } = seen();
    const entries = [
      entry('look', { settings: { zone: { value: 'one' } } }),
      entry('look', { settings: { zone: { value: 'two' } } }),
    ];
    await runAgentNode(fake, { tools: [tool], entries });
    expect(fake.requests[0]?.tools?.map(({ name }) => name)).toEqual(['look', 'look_kit']);
    expect(calls).toEqual([{ q: 'b', zone: 'two' }]);
  });

  test.each<[string, RegExp, Parameters<typeof fakeTool>[2]]>([
    ['gone', /^Failed to get tool runtime: the tool gone is missing/, {}],
    ['look', /executed by the caller/, { executedBy: 'caller' }],
  ])('%s cannot be had', async (name, problem, more) => {
    const fake = fakeModels([{ says: ['ok'] }]);
    const { node } = await runAgentNode(fake, {
      tools: [fakeTool('look', say(''), more)],
      entries: [entry(name)],
    });
    expect(node).toMatchObject({
      status: 'failed',
      errorType: 'ToolNodeError',
      inputs: { query: 'What is it?' },
    });
    expect(node.error).toMatch(problem);
    expect(fake.requests).toEqual([]);
  });

  test('one that the server lacks is left out where the owner lets agents go without', async () => {
    const fake = fakeModels([{ says: ['ok'] }]);
    const { node } = await runAgentNode(fake, {
      tools: [fakeTool('look', say(''))],
      entries: [entry('gone'), entry('look')],
      services: { toolsAreOptional: true },
    });
    expect(node.status).toBe('succeeded');
    expect(fake.requests[0]?.tools?.map(({ name }) => name)).toEqual(['look']);
  });
});
