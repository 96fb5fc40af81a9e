import { describe, expect, test } from 'vitest';
import type { PoolState } from '../pool/variable-pool.ts';
import { FILE_IDENTITY } from '../values/file-value.ts';
import type { Value, ValueRecord } from '../values/value.ts';
import { edges, node, play, readOrThrow } from '../workflow.fixture.ts';

const start = node('start', 'start', { variables: [{ variable: 'v' }] });

/** Runs one node between start and nothing. */
async function runNode(type: string, data: object, variables: PoolState = []) {
  const graph = readOrThrow([start, node('x', type, data as ValueRecord)], edges('start -> x'));
  const { outcome, events } = await play(graph, { variables });
  const finished = events.find((event) => event.kind === 'node_finished' && event.nodeId === 'x');
  if (finished?.kind !== 'node_finished') throw new Error('The node has not finished.');
  const writes = events.flatMap((event) => (event.kind === 'variable_set' ? [event] : []));
  return { ...finished, outcome, writes };
}

const pool = (
  values: Readonly<Record<string, Value>>,
  types: Readonly<Record<string, 'float' | 'array[string]'>> = {},
): PoolState => [
  [
    'n',
    Object.entries(values).map(([name, value]) => [
      name,
      { value, ...(types[name] && { type: types[name] }) },
    ]),
  ],
];
const conversation = (
  values: Readonly<Record<string, Value>>,
  types: Readonly<Record<string, 'array[string]' | 'float'>> = {},
): PoolState => [
  [
    'conversation',
    Object.entries(values).map(([name, value]) => [
      name,
      { value, ...(types[name] && { type: types[name] }) },
    ]),
  ],
];

describe('variable-aggregator', () => {
  test('takes the first that is there, null included', async () => {
    const variables = [
      ['gone', 'x'],
      ['n', 'nil'],
      ['n', 'a'],
    ];
    const { outputs, inputs } = await runNode(
      'variable-aggregator',
      { variables },
      pool({ nil: null, a: 1 }),
    );
    expect([outputs, inputs]).toEqual([{ output: null }, { nil: null }]);
  });

  test('has no output when nothing is there', async () => {
    const { outputs, status } = await runNode('variable-assigner', { variables: [['gone', 'x']] });
    expect([status, outputs]).toEqual(['succeeded', {}]);
  });

  test('groups', async () => {
    const groups = [
      {
        group_name: 'g1',
        variables: [
          ['gone', 'x'],
          ['n', 'a'],
        ],
      },
      { group_name: 'g2', variables: [['gone', 'x']] },
    ];
    const { outputs } = await runNode(
      'variable-aggregator',
      { variables: [], advanced_settings: { group_enabled: true, groups } },
      pool({ a: 1 }),
    );
    expect(outputs).toEqual({ g1: { output: 1 } });
  });
});

describe('assigner, second form', () => {
  const assign = (items: readonly object[], variables: PoolState) =>
    runNode('assigner', { version: '2', items }, variables);
  const one = (operation: string, value?: unknown, input_type = 'constant') => ({
    variable_selector: ['conversation', 'c'],
    operation,
    input_type,
    value,
  });

  test.each<readonly [Value, string, unknown, string, unknown]>([
    ['a', 'over-write', ['n', 's'], 'variable', 'S'],
    ['a', 'over-write', 'b', 'constant', 'b'],
    ['a', 'clear', null, 'constant', ''],
    [5, 'clear', null, 'constant', 0],
    [true, 'clear', null, 'constant', false],
    [{ a: 1 }, 'clear', null, 'constant', {}],
    [['a'], 'clear', null, 'constant', []],
    [1, 'set', 2, 'constant', 2],
    [{}, 'set', '{"a": 1}', 'constant', { a: 1 }],
    [1, '+=', 2, 'constant', 3],
    [7, '-=', 2, 'constant', 5],
    [7, '*=', 2, 'constant', 14],
    [7, '/=', 2, 'constant', 3.5],
    [['a'], 'append', ['n', 's'], 'variable', ['a', 'S']],
    [['a'], 'extend', ['n', 'list'], 'variable', ['a', 'x', 'y']],
    [['a', 'b'], 'remove-first', null, 'variable', ['b']],
    [['a', 'b'], 'remove-last', null, 'variable', ['a']],
  ])('%j %s %j', async (before, operation, value, input, after) => {
    const { writes, outputs, processData } = await assign(
      [one(operation, value, input)],
      [...conversation({ c: before }), ...pool({ s: 'S', list: ['x', 'y'] })],
    );
    expect(writes.map(({ variable }) => variable.value)).toEqual([after]);
    expect(outputs).toEqual({});
    expect(processData).toMatchObject({
      c: after,
      __updated_variables: [{ name: 'c', selector: ['conversation', 'c'], new_value: after }],
    });
  });

  test.each<readonly [Value, string, unknown, string, string]>([
    ['a', '+=', 1, 'constant', 'Operation += is not supported for type string'],
    [1, 'append', ['n', 's'], 'variable', 'Operation append is not supported for type number'],
    [['a'], 'over-write', ['b'], 'constant', 'Input type constant is not supported for operation over-write'],
    [1, 'set', ['n', 's'], 'variable', 'Input type variable is not supported for operation set'],
    [1, 'set', 'x', 'constant', 'Invalid input value x'],
    [1, '/=', 0, 'constant', 'Invalid input value 0'],
    [['a'], 'append', ['n', 'one'], 'variable', 'Invalid input value 1'],
    [{}, 'set', 'no json', 'constant', 'Invalid input value no json'],
    ['a', 'over-write', ['gone', 'x'], 'variable', "Variable ['gone', 'x'] not found"],
  ])('%j %s %j fails', async (before, operation, value, input, error) => {
    const { status, outcome, writes } = await assign(
      [one(operation, value, input)],
      [...conversation({ c: before }), ...pool({ s: 'S', one: 1 })],
    );
    expect([status, outcome.error, writes]).toEqual(['failed', error, []]);
  });

  test('each sees what the ones before it have set; null is left out; one error undoes all', async () => {
    const good = [one('+=', 1), one('*=', 10), { ...one('over-write', ['n', 'nil'], 'variable') }];
    const done = await assign(good, [...conversation({ c: 1 }), ...pool({ nil: null })]);
    expect(done.writes.map(({ variable }) => variable.value)).toEqual([20]);
    const undone = await assign([one('+=', 1), one('set', 'x')], conversation({ c: 1 }));
    expect([undone.status, undone.writes]).toEqual(['failed', []]);
  });

  test('floats stay floats', async () => {
    const { writes } = await assign([one('/=', 2)], conversation({ c: 4 }));
    expect(writes[0]?.variable).toEqual({ value: 2, type: 'float' });
  });
});

describe('assigner, first form', () => {
  const assign = (write_mode: string, variables: PoolState) =>
    runNode(
      'assigner',
      { assigned_variable_selector: ['conversation', 'c'], write_mode, input_variable_selector: ['n', 's'] },
      variables,
    );

  test.each<readonly [string, Value, Value]>([
    ['over-write', 5, 'S'],
    ['append', ['a'], ['a', 'S']],
    ['clear', 'a', ''],
  ])('%s', async (mode, before, after) => {
    const { writes } = await assign(mode, [...conversation({ c: before }), ...pool({ s: 'S' })]);
    expect(writes.map(({ variable }) => variable.value)).toEqual([after]);
  });

  test('what is missing', async () => {
    expect((await assign('over-write', pool({ s: 'S' }))).outcome.error).toBe('assigned variable not found');
    expect((await assign('over-write', conversation({ c: 1 }))).outcome.error).toBe('input value not found');
    const noList = await assign('append', [...conversation({ c: 1 }), ...pool({ s: 'S' })]);
    expect(noList.outcome.error).toBe('append mode requires an array variable');
  });
});

describe('list-operator', () => {
  const file = (name: string, size: number, type: string) => ({
    ...{
      dify_model_identity: FILE_IDENTITY,
      id: null,
      type,
      transfer_method: 'local_file',
      remote_url: null,
    },
    ...{ related_id: null, filename: name, extension: '.x', mime_type: 'x/y', size, url: null },
  });
  const files = [file('b', 30, 'image'), file('a', 20, 'document'), file('c', 10, 'image')] as Value[];
  const operate = (value: Value, data: object) =>
    runNode('list-operator', { variable: ['n', 'l'], extract_by: null, ...data }, pool({ l: value }));
  const filter = (comparison_operator: string, value: unknown, key = '') => ({
    filter_by: { enabled: true, conditions: [{ key, comparison_operator, value }] },
  });
  const names = (value: Value | undefined) =>
    (value as { filename: string }[]).map(({ filename }) => filename);

  test.each<readonly [Value, object, unknown]>([
    [['apple', 'bean', 'avocado'], filter('start with', 'a'), ['apple', 'avocado']],
    [['apple', 'bean'], filter('in', 'applepie'), ['apple']],
    [['a', '', 'b'], filter('not empty', null), ['a', 'b']],
    [[3, 1, 2], filter('≥', '2'), [3, 2]],
    [[true, false], filter('is', true), [true]],
    [['a', '[1, True]'], filter('is', [1, true]), ['[1, True]']],
    [[3, 1, 2], { order_by: { enabled: true, value: 'desc' } }, [3, 2, 1]],
    [['b', 'a', 'C'], { order_by: { enabled: true, value: 'asc' } }, ['C', 'a', 'b']],
    [[3, 1, 2], { limit: { enabled: true, size: 2 } }, [3, 1]],
    [['x', 'y'], { extract_by: { enabled: true, serial: '2' } }, ['y']],
    [
      [5, 1, 4, 2],
      { ...filter('>', '1'), order_by: { enabled: true, value: 'asc' }, limit: { enabled: true, size: 2 } },
      [2, 4],
    ],
    [[5, 1, 4], { ...filter('<', '5'), extract_by: { enabled: true, serial: '1' } }, [1]],
  ])('%j %j', async (value, data, result) => {
    const { outputs, processData } = await operate(value, data);
    expect(outputs).toEqual({
      result,
      first_record: (result as Value[])[0],
      last_record: (result as Value[]).at(-1),
    });
    expect(processData).toEqual({ variable: value });
  });

  test('files, by their attributes', async () => {
    expect(names((await operate(files, filter('in', ['image'], 'type'))).outputs.result)).toEqual(['b', 'c']);
    expect(names((await operate(files, filter('<', '25', 'size'))).outputs.result)).toEqual(['a', 'c']);
    expect(
      names(
        (await operate(files, { order_by: { enabled: true, key: 'name', value: 'asc' } })).outputs.result,
      ),
    ).toEqual(['a', 'b', 'c']);
  });

  test('nothing of nothing, and errors', async () => {
    expect((await operate([], filter('contains', 'x'))).outputs).toEqual({
      result: [],
      first_record: null,
      last_record: null,
    });
    expect((await operate({ a: 1 }, {})).outcome.error).toMatch("Variable ['n', 'l'] is not an array type");
    expect((await operate(['a'], { extract_by: { enabled: true, serial: '2' } })).outcome.error).toBe(
      'Invalid serial index: must be <= 1, got 2',
    );
    expect((await operate(['a'], { extract_by: { enabled: true, serial: '0' } })).outcome.error).toBe(
      'Invalid serial index: must be >= 1, got 0',
    );
    expect((await operate(['a'], filter('>', 'x'))).status).toBe('failed');
  });
});

describe('start', () => {
  const withSchema = (required: boolean) => [
    node('start', 'start', {
      variables: [
        {
          variable: 'o',
          type: 'json_object',
          required,
          json_schema: { type: 'object', required: ['a'], properties: { a: { type: 'string' } } },
        },
      ],
    }),
  ];
  const run = async (inputs: ValueRecord, required = false) =>
    (await play(readOrThrow(withSchema(required), []), { inputs })).outcome;

  test('gives inputs and system variables, declared ones only', async () => {
    const { events } = await play(readOrThrow([start], []), {
      inputs: { v: 1, other: 2 },
      system: { user_id: 'u', files: [] },
    });
    expect(events.find((event) => event.kind === 'node_finished')).toMatchObject({
      outputs: { v: 1, 'sys.user_id': 'u', 'sys.files': [] },
    });
    expect(
      Object.keys((events.find((event) => event.kind === 'node_finished') as { outputs: object }).outputs),
    ).not.toContain('other');
  });

  test('checks objects', async () => {
    expect(await run({ o: { a: 'x' } })).toMatchObject({ status: 'succeeded' });
    expect(await run({ o: { a: 1 } })).toMatchObject({
      status: 'failed',
      error: expect.stringMatching(/^JSON object for 'o' does not match schema: /),
    });
    expect(await run({ o: 'x' })).toMatchObject({ error: "JSON object for 'o' must be an object" });
    expect(await run({}, true)).toMatchObject({ error: 'o is required in input form' });
    expect(await run({})).toMatchObject({ status: 'succeeded' });
  });
});
