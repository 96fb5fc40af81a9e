import { describe, expect, test } from 'vitest';
import { anyValue, assignNode, condition, ifNode, openFactLab, returning } from './fact-lab.ts';
import { answerNode, endNode, startNode, type TestNode } from './graph-app.ts';
import { dataOf, type Fields } from './workflow-turns.ts';

/** The rules of `facts/dify-dsl-engine.md` §12 about what nodes do with data: 10, 11, 16 and 17. */
const lab = await openFactLab();

describe('12.10 models that answer badly', () => {
  const model = { provider: 'openai', name: 'mock-model', mode: 'chat', completion_params: {} };
  const classifier: TestNode = {
    ...{ type: 'question-classifier', query_variable_selector: ['start', 'q'], model, instruction: '' },
    classes: [
      { id: '1', name: 'first' },
      { id: '2', name: 'second' },
    ],
  };
  const classified = lab.workflow(
    {
      ...{ start: startNode('q'), classifier },
      ...{
        one: endNode({ one: ['classifier', 'class_id'] }),
        two: endNode({ two: ['classifier', 'class_id'] }),
      },
    },
    {
      edges: [
        ['start', 'classifier'],
        ['classifier', 'one', '1'],
        ['classifier', 'two', '2'],
      ],
    },
  );
  test.each([
    ['no JSON at all', 'I cannot tell.', { one: '1' }],
    ['no class that there is', '{"category_id": "7", "category_name": "seventh"}', { one: '1' }],
    ['no object', '["2"]', { one: '1' }],
    ['nothing', '', { one: '1' }],
    [
      'a class',
      '<think>hm</think>```json\n{"category_id": "2", "category_name": "second"}\n```',
      { two: '2' },
    ],
  ])('a classifier: %s', async (_, answer, outputs) => {
    lab.provider.reply({ tokens: [answer] });
    expect(await classified.outputs({ q: 'x' })).toEqual(outputs);
  });

  const parameter = (name: string, type: string) => ({ name, type, description: name, required: true });
  const extractor: TestNode = {
    ...{
      type: 'parameter-extractor',
      query: ['start', 'q'],
      model,
      instruction: '',
      reasoning_mode: 'prompt',
    },
    parameters: [parameter('s', 'string'), parameter('n', 'number'), parameter('l', 'array[string]')],
  };
  const names = ['__is_success', '__reason', 's', 'n', 'l'];
  const extracted = lab.workflow({
    ...{ start: startNode('q'), extractor },
    end: endNode(Object.fromEntries(names.map((name) => [name, ['extractor', name]]))),
  });
  test.each([
    ['no JSON', 'I cannot tell.', 0, { s: '', n: 0, l: [] }],
    ['a wrong type', '{"s": "a", "n": "x", "l": ["b"]}', 0, { s: 'a', n: 0, l: ['b'] }],
    ['one missing', '{"s": "a", "n": 2}', 0, { s: 'a', n: 2, l: [] }],
    ['all', 'Here: {"s": "a", "n": 2, "l": ["b"]}', 1, { s: 'a', n: 2, l: ['b'] }],
  ])('an extractor: %s', async (_, answer, __is_success, values) => {
    lab.provider.reply({ tokens: [answer] });
    const __reason = __is_success === 1 ? null : expect.stringMatching(/./);
    expect(await extracted.outputs({ q: 'x' })).toEqual({ __is_success, __reason, ...values });
  });

  test('but who does not answer fails the node', async () => {
    lab.provider.reply({ status: 400, error: { message: 'no such model' } });
    expect(await classified.error({ q: 'x' })).toContain('no such model');
    expect(await extracted.error({ q: 'x' })).toContain('no such model');
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
