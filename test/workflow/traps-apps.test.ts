import { describe, expect, test } from 'vitest';
import { chatApp, completionApp } from '../support/parley/apps.ts';
import { answered, sendChat, sendCompletion } from '../support/parley/turns.ts';
import { openFactLab, returning } from './fact-lab.ts';
import { endNode, graphApp, llmNode, startNode, type TestNode } from './graph-app.ts';
import { dataOf, finishedIn, streamWorkflow } from './workflow-turns.ts';

/** The rules of `facts/dify-dsl-engine.md` §12 about apps around graphs and without any: 15, 18 and 20. */
const SECRET = 'sk-abcdefghijklmnop';
const lab = await openFactLab({ app_settings: { secret: { env: { TOKEN: SECRET } } } });

describe('12.15 basic apps', () => {
  const stop = ['END'];
  const field = { label: 'n', variable: 'name', required: false, default: 'by default' };
  const chinese = { label: 'n', variable: '名字', required: false };
  const chat = lab.app(
    chatApp({
      pre_prompt: 'I am {{name}}, {{名字}}.',
      user_input_form: [{ 'text-input': field }, { 'text-input': chinese }],
      model: { provider: 'openai', name: 'mock-model', mode: 'chat', completion_params: { stop } },
    }),
  );
  const completion = lab.app(completionApp());
  const turn = async (body = {}) =>
    (await answered(sendChat(lab.parley, { query: 'Hi', ...body }, chat))).conversation_id;

  test('remember nothing without a conversation_id', async () => {
    const conversation_id = await turn();
    await turn();
    expect(lab.asked().map(({ role }) => role)).toEqual(['system', 'user']);
    await turn({ conversation_id });
    expect(lab.asked().map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user']);
  });

  test('send no system message where there is no query', async () => {
    await answered(sendCompletion(lab.parley, { inputs: { text: 'Hi' } }, completion));
    expect(lab.asked()).toEqual([{ role: 'user', content: 'Translate: Hi' }]);
  });

  test('with a simple prompt stop at no words of their own', async () => {
    await turn();
    expect(lab.provider.requests.at(-1)?.body).not.toHaveProperty('stop');
  });

  test('fill in no names in Chinese', async () => {
    await turn({ inputs: { name: 'Ada', 名字: 'Wang' } });
    expect(lab.asked()[0]?.content).toBe('I am Ada, {{名字}}.');
  });

  // Releases of Dify differ here: `apps/validate-inputs.ts` says why this server is with those that do.
  test('fill in defaults', async () => {
    await turn();
    expect(lab.asked()[0]?.content).toBe('I am by default, {{名字}}.');
  });
});

// There are no knowledge bases here: an import drops no id, and a node that has any says what it lacks.
describe('12.18 datasets', () => {
  const retrieval = (dataset_ids: readonly string[]): TestNode => ({
    ...{
      type: 'knowledge-retrieval',
      query_variable_selector: ['start', 'q'],
      dataset_ids,
      retrieval_mode: 'multiple',
    },
    multiple_retrieval_config: { top_k: 4, reranking_enable: false },
  });
  const flow = (ids: readonly string[]) =>
    lab.workflow({ start: startNode('q'), kr: retrieval(ids), end: endNode({ result: ['kr', 'result'] }) });
  const none = flow([]);
  const one = flow(['2b7a9c1e-0f7f-4c5c-9b0e-5a3f1f6d2c11']);
  test('a node that has lost its datasets finds nothing', async () => {
    expect(await none.outputs({ q: 'x' })).toEqual({ result: [] });
  });
  test('one that has any fails by their names', async () => {
    expect(await one.error({ q: 'x' })).toContain('2b7a9c1e-0f7f-4c5c-9b0e-5a3f1f6d2c11');
  });
});

describe('12.20 secrets', () => {
  const environment_variables = [
    { id: 't', name: 'TOKEN', value: '', value_type: 'secret', selector: ['env', 'TOKEN'] },
    { id: 'p', name: 'PLAIN', value: 'plain', value_type: 'string', selector: ['env', 'PLAIN'] },
  ];
  const nodes: Readonly<Record<string, TestNode>> = {
    start: startNode(),
    llm: llmNode('{{#env.TOKEN#}} {{#env.PLAIN#}}'),
    code: returning({ out: SECRET }, { out: 'string' }),
    end: endNode({ plain: ['env', 'PLAIN'] }),
  };
  const empty = lab.workflow(nodes, { environment_variables });
  const given = lab.app(graphApp('workflow', nodes, { environment_variables }), 'secret');
  test('are empty in a file, and must be given again', async () => {
    await empty.outputs();
    expect(lab.asked().at(-1)?.content).toBe(' plain');
    const warned = lab.parley.log
      .map((line) => JSON.stringify(line))
      .filter((line) => line.includes('TOKEN'));
    expect(warned.join('\n')).toContain('the secret TOKEN has no value');
  });

  test('reach whom they are for, and are masked in what is told', async () => {
    const events = await streamWorkflow(lab.parley, {}, given);
    expect(finishedIn(events)).toMatchObject({ status: 'succeeded', outputs: { plain: 'plain' } });
    expect(lab.asked().at(-1)?.content).toBe(`${SECRET} plain`);
    expect(JSON.stringify(events)).not.toContain(SECRET);
    const prompts = [{ text: expect.stringMatching(/^\*+ plain$/) }];
    expect(dataOf(events, 'node_finished', 'llm')).toMatchObject([{ process_data: { prompts } }]);
  });
});
