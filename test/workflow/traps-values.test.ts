import { describe, expect, test } from 'vitest';
import { anyValue, condition, ifNode, openFactLab } from './fact-lab.ts';
import { answerNode, endNode, llmNode, startNode, type TestNode, templateNode } from './graph-app.ts';
import { dataOf } from './workflow-turns.ts';

/** The rules of `facts/dify-dsl-engine.md` §12 about values: 2, 3 and 9. */
const lab = await openFactLab();

describe('12.2 a variable that is not there', () => {
  const NOBODY = ['nobody', 'text'];
  const none = (): Record<string, TestNode> => ({ start: startNode() });
  const aggregator = (...variables: readonly (readonly string[])[]): TestNode => ({
    ...{ type: 'variable-aggregator', output_type: 'string', variables },
  });

  const answer = lab.chatflow({ ...none(), answer: answerNode('[{{#nobody.text#}}] [{{#sys.nothing#}}]') });
  test('is its name without braces in an answer', async () => {
    const [finished] = dataOf(await answer.stream(), 'workflow_finished');
    expect(finished?.outputs).toMatchObject({ answer: '[nobody.text] [sys.nothing]' });
  });

  const url = lab.workflow({
    ...none(),
    http: {
      ...{ type: 'http-request', method: 'get', url: `${lab.page.url}/{{#nobody.text#}}` },
      ...{ authorization: { type: 'no-auth' }, headers: '', params: '', body: { type: 'none', data: [] } },
    },
    end: endNode({ status: ['http', 'status_code'] }),
  });
  test('is its name without braces in a request', async () => {
    expect(await url.outputs()).toEqual({ status: 200 });
    expect(lab.page.requests.at(-1)?.path).toBe('/nobody.text');
  });

  const prompt = lab.workflow({ ...none(), llm: llmNode('{{#nobody.text#}}'), end: endNode({}) });
  test('fails a prompt', async () => {
    expect(await prompt.error()).toBe('Variable #nobody.text# not found');
  });

  const branch = lab.workflow({ ...none(), if: ifNode(condition(NOBODY, 'empty')), end: endNode({}) });
  test('fails an if-else, also where it asks whether there is anything', async () => {
    expect(await branch.error()).toBe("Variable ['nobody', 'text'] not found");
  });

  const others = lab.workflow({
    ...none(),
    code: {
      ...{ type: 'code', code_language: 'javascript', outputs: { is: { type: 'string' } } },
      code: 'function main({ x }) { return { is: String(x) } }',
      variables: [{ variable: 'x', value_selector: NOBODY }],
    },
    template: templateNode('{{ x }}{% if x %} is there{% endif %}', { x: NOBODY }),
    first: aggregator(NOBODY, ['template', 'output']),
    nothing: aggregator(NOBODY),
    end: endNode({
      ...{ code: ['code', 'is'], template: ['template', 'output'] },
      ...{ first: ['first', 'output'], nothing: ['nothing', 'output'], missing: NOBODY },
    }),
  });
  test('is null in code, None in a template, null in an end, and passed over by an aggregator', async () => {
    expect(await others.outputs()).toEqual({
      ...{ code: 'null', template: 'None' },
      ...{ first: 'None', nothing: null, missing: null },
    });
  });

  const empty = lab.chatflow({
    ...none(),
    nothing: aggregator(NOBODY),
    answer: answerNode('[{{#nothing.output#}}]'),
  });
  test('leaves an aggregator that finds none without an output', async () => {
    const events = await empty.stream();
    expect(dataOf(events, 'node_finished', 'nothing')).toMatchObject([{ status: 'succeeded', outputs: {} }]);
    expect(dataOf(events, 'workflow_finished')).toMatchObject([{ outputs: { answer: '[nothing.output]' } }]);
  });

  const nulls = lab.chatflow({
    start: anyValue(),
    answer: answerNode('[{{#start.v.x#}}] [{{#start.v.x.y#}}] [{{#start.v.list.length#}}]'),
  });
  test('is something else than null, and than what lists do not have', async () => {
    const events = await nulls.stream({ inputs: { v: { x: null, list: ['a'] } } });
    const [finished] = dataOf(events, 'workflow_finished');
    expect(finished?.outputs).toMatchObject({ answer: '[] [start.v.x.y] [start.v.list.length]' });
  });

  const firstOf = lab.workflow({
    start: anyValue(),
    first: aggregator(['start', 'v', 'none'], ['start', 'v', 'x'], ['start', 'v', 'y']),
    end: endNode({ first: ['first', 'output'] }),
  });
  test('is passed over by an aggregator, null is not', async () => {
    expect(await firstOf.outputs({ v: { x: null, y: 'y' } })).toEqual({ first: null });
    expect(await firstOf.outputs({ v: { y: 'y' } })).toEqual({ first: 'y' });
  });
});

describe('12.3 values are printed as Python prints them', () => {
  const shown = lab.chatflow({
    start: anyValue(),
    llm: llmNode('<{{#start.v.x#}}>'),
    template: templateNode('<{{ x }}>', { x: ['start', 'v', 'x'] }),
    answer: answerNode('<{{#start.v.x#}}>{{#template.output#}}'),
  });
  // What prompts, requests and conditions say; what answers say; what templates say.
  test.each<[value: unknown, text: string, markdown: string, template?: string]>([
    ['as it is', 'as it is', 'as it is'],
    [0, '0', '0'],
    [-7, '-7', '-7'],
    [10000000000000000, '10000000000000000', '10000000000000000'],
    [0.1, '0.1', '0.1'],
    [0.1 + 0.2, '0.30000000000000004', '0.30000000000000004'],
    [-2.5, '-2.5', '-2.5'],
    [0.0001, '0.0001', '0.0001'],
    [0.00001, '1e-05', '1e-05'],
    [1.5e-7, '1.5e-07', '1.5e-07'],
    [1e22, '1e+22', '1e+22'],
    [1.5e300, '1.5e+300', '1.5e+300'],
    [true, 'True', 'True'],
    [false, 'False', 'False'],
    [null, '', '', 'None'],
    [{}, '{}', '{}'],
    [
      { a: 1, b: [true, null, 'it\'s "ü"'], c: { d: 0.00001 } },
      '{"a": 1, "b": [true, null, "it\'s \\"ü\\""], "c": {"d": 1e-05}}',
      '{\n  "a": 1,\n  "b": [\n    true,\n    null,\n    "it\'s \\"ü\\""\n  ],\n  "c": {\n    "d": 1e-05\n  }\n}',
      "{'a': 1, 'b': [True, None, 'it\\'s \"ü\"'], 'c': {'d': 1e-05}}",
    ],
    [['a', 'it\'s "ü"'], '["a", "it\'s \\"ü\\""]', '- a\n- it\'s "ü"', "['a', 'it\\'s \"ü\"']"],
    [[], '', '', '[]'],
    [[1, 2.5, 1e22], '[1, 2.5, 1e+22]', '- 1\n- 2.5\n- 1e+22', '[1, 2.5, 1e+22]'],
    [[true, false], '[True, False]', '- True\n- False', '[True, False]'],
    [[null], '[None]', '- None', '[None]'],
    [
      [{ a: "it's" }, { b: '"', c: 'a\nb\\' }],
      `[{'a': "it's"}, {'b': '"', 'c': 'a\\nb\\\\'}]`,
      `- {'a': "it's"}\n- {'b': '"', 'c': 'a\\nb\\\\'}`,
      `[{'a': "it's"}, {'b': '"', 'c': 'a\\nb\\\\'}]`,
    ],
    [
      [[1, [2]], [], ['x', {}]],
      "[[1, [2]], [], ['x', {}]]",
      "- [1, [2]]\n- []\n- ['x', {}]",
      "[[1, [2]], [], ['x', {}]]",
    ],
    [[1, 'a', true, null], "[1, 'a', True, None]", '- 1\n- a\n- True\n- None', "[1, 'a', True, None]"],
  ])('%j', async (x, text, markdown, template = text) => {
    const answer = await shown.answer({ inputs: { v: { x } } });
    expect(lab.asked().at(-1)?.content).toBe(`<${text}>`);
    expect(answer).toBe(`<${markdown}><${template}>`);
  });

  const log = lab.workflow({
    start: anyValue(),
    end: endNode({ x: ['start', 'v', 'x'] }),
  });
  test('but stay JSON in outputs', async () => {
    const x = [1, 0.5, true, null, { a: ['b'] }];
    expect(await log.outputs({ v: { x } })).toEqual({ x });
  });
});

describe('12.9 conditions', () => {
  const X = ['start', 'v', 'x'];
  const asked = new Map(
    [
      'is',
      'is not',
      '=',
      '≠',
      'empty',
      'not empty',
      '>',
      '<',
      '≥',
      '≤',
      'contains',
      'not contains',
      'null',
    ].map((operator) => [
      operator,
      lab.workflow(
        {
          ...{ start: anyValue(), if: ifNode(condition(X, operator, '{{#start.v.e#}}')) },
          end: endNode({ x: ['start', 'v', 'e'] }),
        },
        {
          edges: [
            ['start', 'if'],
            ['if', 'end', 'true'],
          ],
        },
      ),
    ]),
  );
  const run = (x: unknown, operator: string, e: unknown) =>
    (asked.get(operator) as ReturnType<typeof lab.workflow>).run({ v: { x, e } });

  test.each<[x: unknown, operator: string, e: string, holds: boolean]>([
    ...[null].flatMap((x) =>
      ['is', 'is not', '=', '≠', '>', '<', '≥', '≤'].map((operator) => [x, operator, '1', false] as never),
    ),
    [null, 'null', '', true],
    ...[0, 0.0, false, '', [], {}, null].flatMap((x) => [
      [x, 'empty', '', true] as never,
      [x, 'not empty', '', false] as never,
    ]),
    [' ', 'empty', '', false],
    ['0', 'empty', '', false],
    [[0], 'empty', '', false],
    [3, '=', '3', true],
    [3, '=', ' 3 ', true],
    [3, '=', '+3', true],
    [10000, '=', '1_0000', true],
    [3, '≠', '4', true],
    [3, '≠', '3', false],
    [1.5, '=', '1.5', true],
    [1.5, '=', '15e-1', true],
    [1.5, '≠', '1', true],
    [3, '>', '2.5', true],
    [3, '≥', '3.0', true],
    [3, '<', ' 4 ', true],
    [0, '≤', '0', true],
    ['a', 'is', 'a', true],
    ['a', 'is', 'A', false],
    ['a', 'is not', 'b', true],
    [true, 'is', 'true', true],
    [true, 'is not', 'true', false],
    [false, 'is', 'false', true],
    ['hello', 'contains', 'ell', true],
    ['', 'contains', '', false],
    ['', 'not contains', '', true],
    [[], 'not contains', 'a', true],
    [[1, 2], 'contains', '1', false],
    [['1', '2'], 'contains', '1', true],
  ])('%j %s %j: %j', async (x, operator, e, holds) => {
    const { status, outputs } = await run(x, operator, e);
    expect({ status, outputs }).toEqual({ status: 'succeeded', outputs: holds ? { x: e } : {} });
  });

  test.each<[x: unknown, operator: string, e: string, error: string]>([
    [1, '=', '1.5', "invalid literal for int() with base 10: '1.5'"],
    [1, '≠', 'x', "invalid literal for int() with base 10: 'x'"],
    [1.5, '=', 'x', "could not convert string to float: 'x'"],
    ['1', '=', '1', 'Invalid actual value type: number'],
    [1, 'is', '1', 'Invalid actual value type: string or boolean'],
    [1, '>', 'x', "Cannot convert 'x' to number"],
    [1, 'contains', '1', 'Invalid actual value type: string or array'],
  ])('%j %s %j fails', async (x, operator, e, error) => {
    expect(await run(x, operator, e)).toMatchObject({
      status: 'failed',
      error: expect.stringContaining(error),
    });
  });
});
