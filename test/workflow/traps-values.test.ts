import { describe, expect, test } from 'vitest';
import { anyValue, assignNode, condition, ifNode, openFactLab, returning } from './fact-lab.ts';
import { answerNode, endNode, llmNode, startNode, type TestNode, templateNode } from './graph-app.ts';
import { dataOf, type Fields } from './workflow-turns.ts';

/** The rules of `facts/dify-dsl-engine.md` §12 about values: 2, 3, 9, 11, 16 and 17. */
const lab = await openFactLab();

describe('12.2 a variable that is not there', () => {
  const NOBODY = ['nobody', 'text'];
  const none = (): Record<string, TestNode> => ({ start: startNode() });
  const aggregator = (...variables: readonly (readonly string[])[]): TestNode => ({
    ...{ type: 'variable-aggregator', output_type: 'string', variables },
  });

  const answer = lab.chatflow({ ...none(), answer: answerNode('[{{#nobody.text#}}] [{{#sys.nothing#}}]') });
  test('is its name without braces in an answer', async () => {
    expect(await answer.answer()).toBe('[nobody.text] [sys.nothing]');
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
    python: {
      ...{ type: 'code', code_language: 'python3', outputs: { is: { type: 'string' } } },
      code: 'def main(x):\n    return {"is": repr(x)}',
      variables: [{ variable: 'x', value_selector: NOBODY }],
    },
    template: templateNode('{{ x }}{% if x %} is there{% endif %}', { x: NOBODY }),
    first: aggregator(NOBODY, ['template', 'output']),
    nothing: aggregator(NOBODY),
    end: endNode({
      ...{ code: ['code', 'is'], python: ['python', 'is'], template: ['template', 'output'] },
      ...{ first: ['first', 'output'], nothing: ['nothing', 'output'], missing: NOBODY },
    }),
  });
  test('is null in code, None in a template, null in an end, and passed over by an aggregator', async () => {
    expect(await others.outputs()).toEqual({
      ...{ code: 'null', python: 'None', template: 'None' },
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
    const answer = await nulls.answer({ inputs: { v: { x: null, list: ['a'] } } });
    expect(answer).toBe('[] [start.v.x.y] [start.v.list.length]');
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

describe('12.11 an assigner of today', () => {
  const variables = (types: Readonly<Record<string, [type: string, value: unknown]>>) => ({
    conversation_variables: Object.entries(types).map(([name, [value_type, value]]) => ({
      id: name,
      name,
      value_type,
      value,
    })),
  });
  const at = (name: string) => ['conversation', name];
  const ALL = { n: ['number', 1], s: ['string', 'old'], l: ['array[string]', ['a']] } as const;
  const given = variables(ALL as never);
  const show = answerNode('{{#conversation.n#}} {{#conversation.s#}} {{#conversation.l#}}');
  const flow = (assign: TestNode, more: Readonly<Record<string, TestNode>> = {}) =>
    lab.chatflow({ start: anyValue(), ...more, assign, show }, given);

  const half = lab.chatflow(
    {
      start: startNode('go'),
      if: ifNode(condition(['start', 'go'], 'is', 'yes')),
      assign: assignNode(
        [at('n'), '+=', 'constant', 5],
        [at('s'), 'over-write', 'variable', ['nobody', 'x']],
      ),
      show,
    },
    {
      ...given,
      edges: [
        ['start', 'if'],
        ['if', 'assign', 'true'],
        ['if', 'show', 'false'],
      ],
    },
  );
  test('writes all or nothing', async () => {
    const failed = await half.stream({ inputs: { go: 'yes' } });
    expect(dataOf(failed, 'workflow_finished')).toMatchObject([
      { status: 'failed', error: "Variable ['nobody', 'x'] not found" },
    ]);
    const { conversation_id } = failed[0] as Fields;
    expect(await half.answer({ conversation_id })).toBe('1 old - a');
  });

  const skips = flow(
    assignNode(
      ...([
        [at('s'), 'over-write', 'variable', ['start', 'v', 'none']],
        [at('n'), '+=', 'constant', 1],
        [at('n'), '*=', 'constant', 3],
      ] as const),
    ),
  );
  test('passes over None, and computes in order', async () => {
    expect(await skips.answer({ inputs: { v: { none: null } } })).toBe('6 old - a');
  });

  test.each<[name: string, flow: ReturnType<typeof flow>]>([
    ['over-write', flow(assignNode([at('l'), 'over-write', 'constant', ['b']]))],
    ['append', flow(assignNode([at('l'), 'append', 'constant', 'b']))],
    ['set', flow(assignNode([at('l'), 'set', 'constant', ['b']]))],
  ])('lets no constant into a list: %s', async (_, app) => {
    const events = await app.stream();
    expect(dataOf(events, 'workflow_finished')).toMatchObject([{ status: 'failed' }]);
  });
});

describe('12.16 outputs of code', () => {
  const flow = (value: Fields, types: Readonly<Record<string, string>>) =>
    lab.workflow({
      ...{ start: startNode(), code: returning(value, types) },
      end: endNode(Object.fromEntries(Object.keys(types).map((name) => [name, ['code', name]]))),
    });
  const many = (count: number, item: unknown) => Array.from({ length: count }, () => item);

  test.each<[what: string, flow: ReturnType<typeof flow>, error: string]>([
    ['a key is missing', flow({ a: '1' }, { a: 'string', b: 'string' }), 'Output b is missing.'],
    [
      'a key is too many',
      flow({ a: '1', b: 1 }, { a: 'string' }),
      'Not all output parameters are validated.',
    ],
    ['none is declared', flow({ a: '1' }, {}), 'Not all output parameters are validated.'],
    ['31 texts', flow({ a: many(31, 'x') }, { a: 'array[string]' }), 'must be less than 30 elements'],
    ['31 objects', flow({ a: many(31, {}) }, { a: 'array[object]' }), 'must be less than 30 elements'],
    ['1001 numbers', flow({ a: many(1001, 1) }, { a: 'array[number]' }), 'must be less than 1000 elements'],
    ['no text', flow({ a: 1 }, { a: 'string' }), 'Output a must be a string, got int instead.'],
    ['no number', flow({ a: 'x' }, { a: 'number' }), "Output a is not a number, got <class 'str'> instead."],
  ])('fail when %s', async (_, app, error) => {
    expect(await app.error()).toContain(error);
  });

  const most = flow(
    { texts: many(30, 'x'), numbers: many(1000, 1), none: null, yes: true },
    { texts: 'array[string]', numbers: 'array[number]', none: 'object', yes: 'number' },
  );
  test('may be as long as the limits, null, and true for a number', async () => {
    const expected = { texts: many(30, 'x'), numbers: many(1000, 1), none: null, yes: 1 };
    expect(await most.outputs()).toEqual(expected);
  });

  const floats = flow(
    { a: '1e-3', b: ['2E+2'], c: { d: '-1.5e-2' } },
    { a: 'number', b: 'array[number]', c: 'object' },
  );
  const texts = flow({ a: '1e3', b: '1e-3 ', c: 'x1e-3' }, { a: 'string', b: 'string', c: 'string' });
  const noText = flow({ a: '1e-3' }, { a: 'string' });
  test('are floats where they are texts in scientific notation', async () => {
    expect(await floats.outputs()).toEqual({ a: 0.001, b: [200], c: { d: -0.015 } });
    expect(await texts.outputs()).toEqual({ a: '1e3', b: '1e-3 ', c: 'x1e-3' });
    expect(await noText.error()).toBe('Output a must be a string, got float instead.');
  });
});

describe('12.17 lists', () => {
  const list: TestNode = {
    ...{
      type: 'list-operator',
      variable: ['start', 'v', 'x'],
      var_type: 'array[number]',
      item_var_type: 'number',
    },
    filter_by: { enabled: true, conditions: [{ key: '', comparison_operator: '>', value: '1' }] },
    order_by: { enabled: true, key: '', value: 'desc' },
    limit: { enabled: true, size: 2 },
  };
  const END = endNode({
    result: ['list', 'result'],
    first: ['list', 'first_record'],
    last: ['list', 'last_record'],
  });
  const limited = lab.workflow({ start: anyValue(), list: { ...list, extract_by: null }, end: END });
  const second = lab.workflow({
    start: anyValue(),
    list: { ...list, extract_by: { enabled: true, serial: '2' } },
    end: END,
  });
  test('are filtered, one is taken, the rest sorted and cut, in this order', async () => {
    expect(await limited.outputs({ v: { x: [3, 1, 5, 0, 4] } })).toEqual({
      result: [5, 4],
      first: 5,
      last: 4,
    });
    // The second of what is left in the list's own order, not of the sorted ones.
    expect(await second.outputs({ v: { x: [1, 3, 2, 5] } })).toEqual({ result: [2], first: 2, last: 2 });
    expect(await second.error({ v: { x: [1, 3] } })).toContain('Invalid serial index: must be <= 1, got 2');
    expect(await limited.outputs({ v: { x: [] } })).toEqual({ result: [], first: null, last: null });
  });

  const files = (operator: string, comparison_operator: string) => ({
    ...condition(['sys', 'files'], operator),
    sub_variable_condition: {
      ...{ case_id: 'sub', logical_operator: 'and' },
      conditions: [{ id: 'c', key: 'name', comparison_operator, value: 'a' }],
    },
  });
  const pictures = {
    file_upload: {
      enabled: true,
      allowed_file_types: ['image'],
      allowed_file_upload_methods: ['remote_url'],
      number_limits: 3,
    },
  };
  const asks = (operator: string, sub: string) =>
    lab.chatflow(
      { start: startNode(), if: ifNode(files(operator, sub)), yes: answerNode('yes'), no: answerNode('no') },
      {
        features: pictures,
        edges: [
          ['start', 'if'],
          ['if', 'yes', 'true'],
          ['if', 'no', 'false'],
        ],
      },
    );
  const contains = asks('contains', 'contains');
  const lacks = asks('contains', 'not contains');
  test('of files: one that fits is enough, but what is denied must hold for all', async () => {
    lab.page.reply({ headers: { 'content-type': 'image/png' }, body: new Uint8Array([1]) });
    const turn = (...names: readonly string[]) => ({
      files: names.map((name) => ({
        type: 'image',
        transfer_method: 'remote_url',
        url: `${lab.page.url}/${name}.png`,
      })),
    });
    expect(await contains.answer(turn('a', 'b'))).toBe('yes');
    expect(await contains.answer(turn('b', 'c'))).toBe('no');
    expect(await lacks.answer(turn('a', 'b'))).toBe('no');
    expect(await lacks.answer(turn('b', 'c'))).toBe('yes');
  });
});
