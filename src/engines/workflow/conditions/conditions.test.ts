import { describe, expect, test } from 'vitest';
import { VariablePool } from '../pool/variable-pool.ts';
import { FILE_IDENTITY } from '../values/file-value.ts';
import type { Value } from '../values/value.ts';
import { conditionsSchema, type LogicalOperator } from './condition.ts';
import { evaluateConditions } from './evaluate-conditions.ts';

const file = (name: string, size: number, type = 'document') => ({
  ...{ dify_model_identity: FILE_IDENTITY, id: null, type, transfer_method: 'local_file', remote_url: null },
  ...{
    related_id: null,
    filename: name,
    extension: `.${name.split('.')[1]}`,
    mime_type: 'x/y',
    size,
    url: null,
  },
});

function check(
  value: Value | undefined,
  operator: string,
  expected?: unknown,
  more: object = {},
): boolean | string {
  const pool = VariablePool.from([
    ['n', [...(value === undefined ? [] : [['v', { value }] as const]), ['w', { value: 'lo' }]]],
  ]);
  const conditions = conditionsSchema.parse([
    { variable_selector: ['n', 'v'], comparison_operator: operator, value: expected, ...more },
  ]);
  try {
    return evaluateConditions(conditions, 'and', pool).holds;
  } catch (error) {
    return (error as Error).message;
  }
}

test.each<readonly [number, 'float' | undefined, string, string, boolean | string]>([
  [3, 'float', '=', '3.0', true],
  [3, 'float', '≠', '3.0', false],
  [3, 'float', '=', '3.5', false],
  [3, 'float', '≥', '3.0', true],
  [3, undefined, '=', '3', true],
  [3, undefined, '=', '3.0', "invalid literal for int() with base 10: '3.0'"],
])(
  'a number is compared as its variable is typed: %j (%s) %s %j',
  (value, type, operator, expected, holds) => {
    const pool = VariablePool.from([['n', [['v', { value, ...(type && { type }) }]]]]);
    const conditions = conditionsSchema.parse([
      { variable_selector: ['n', 'v'], comparison_operator: operator, value: expected },
    ]);
    const evaluate = () => evaluateConditions(conditions, 'and', pool).holds;
    if (typeof holds === 'string') expect(evaluate).toThrow(holds);
    else expect(evaluate()).toBe(holds);
  },
);

test.each<readonly [Value, string, readonly Value[], boolean]>([
  [[true, false], 'all of', [true, false], true],
  [[true], 'all of', [true, false], false],
  [[true, false], 'all of', ['true', 'False'], true],
  [[1, 2, 3], 'all of', [1, 3], true],
  [2, 'in', [1, 2], true],
  [2, 'not in', [1, 2], false],
])('lists of any scalars are compared with: %j %s %j', (value, operator, expected, holds) => {
  expect(check(value, operator, expected)).toBe(holds);
});

describe('operators', () => {
  test.each<readonly [Value, string, unknown, boolean | string]>([
    ['hello', 'contains', 'ell', true],
    ['Hello', 'contains', 'hello', false],
    ['hello', 'contains', '{{#n.w#}}', true],
    ['', 'contains', 'x', false],
    ['', 'not contains', 'x', true],
    [null, 'contains', 'x', false],
    [['a', 'b'], 'contains', 'a', true],
    [[1, 2], 'contains', '1', false],
    [[1, 2], 'not contains', '1', true],
    [5, 'contains', '5', 'Invalid actual value type: string or array'],
    ['hello', 'start with', 'he', true],
    ['hello', 'end with', 'lo', true],
    ['', 'start with', '', false],
    [5, 'start with', '5', 'Invalid actual value type: string'],
    ['a', 'is', 'a', true],
    [null, 'is', 'a', false],
    [null, 'is not', 'a', false],
    ['a', 'is not', 'b', true],
    [1, 'is', '1', 'Invalid actual value type: string or boolean'],
    [true, 'is', 'true', true],
    [true, 'is', 'False', false],
    [true, 'is', '1', true],
    [false, 'is not', true, true],
    [true, 'is', 'maybe', 'unexpected value: type=str, value=maybe'],
    ['', 'empty', null, true],
    [0, 'empty', null, true],
    [false, 'empty', null, true],
    [[], 'empty', null, true],
    [{}, 'empty', null, true],
    [null, 'empty', null, true],
    ['0', 'not empty', null, true],
    [1, '=', ' 1 ', true],
    [1, '=', '1.5', "invalid literal for int() with base 10: '1.5'"],
    [1.5, '=', '1.5', true],
    [1.5, '≠', '1.50', false],
    [null, '=', '1', false],
    [null, '≠', '1', false],
    ['1', '=', '1', 'Invalid actual value type: number or boolean'],
    ['1', 'start with', null, 'Expected value must be a string for startswith'],
    [true, '=', 'true', true],
    [2, '>', '1.5', true],
    [2, '<', '10', true],
    [2, '≥', '2', true],
    [2, '≤', '1', false],
    [null, '>', '1', false],
    [2, '>', 'two', "Cannot convert 'two' to number"],
    ['2', '>', '1', 'Invalid actual value type: number'],
    [null, 'null', null, true],
    ['', 'null', null, false],
    [null, 'not null', null, false],
    [0, 'exists', null, true],
    [null, 'not exists', null, true],
    ['a', 'in', ['a', 'b'], true],
    ['c', 'not in', ['a', 'b'], true],
    ['', 'in', ['a'], false],
    ['', 'not in', ['a'], true],
    ['a', 'in', 'abc', 'Invalid expected value type: array'],
    ['abc', 'all of', ['a', 'c'], true],
    [['a', 'b'], 'all of', ['a', 'c'], false],
    [[], 'all of', ['a'], false],
    [[true, false], 'contains', 'true', true],
  ])('%j %s %j is %j', (value, operator, expected, result) => {
    expect(check(value, operator, expected)).toBe(result);
  });

  test('a variable that is not there is an error, for every operator', () => {
    expect(check(undefined, 'exists')).toBe("Variable ['n', 'v'] not found");
  });
});

describe('files', () => {
  const files = [file('a.pdf', 10), file('b.png', 20, 'image')];
  const sub = (...conditions: object[]) => ({
    sub_variable_condition: { logical_operator: 'and', conditions },
  });
  test.each<readonly [string, object, boolean | string]>([
    ['contains', sub({ key: 'type', comparison_operator: 'in', value: ['image'] }), true],
    ['contains', sub({ key: 'extension', comparison_operator: 'is', value: 'pdf' }), true],
    [
      'contains',
      sub(
        { key: 'name', comparison_operator: 'contains', value: 'a' },
        { key: 'size', comparison_operator: '>', value: '15' },
      ),
      true,
    ],
    ['contains', sub({ key: 'name', comparison_operator: 'not contains', value: 'a' }), false],
    ['contains', sub({ key: 'size', comparison_operator: '<', value: '5' }), false],
    [
      'contains',
      sub({ key: 'mood', comparison_operator: 'is', value: 'x' }),
      "'mood' is not a valid FileAttribute",
    ],
    ['contains', {}, 'Sub variable is required'],
    ['not empty', {}, true],
  ])('%s %#', (operator, more, result) => {
    expect(check(files as unknown as Value, operator, null, more)).toBe(result);
  });
});

describe('several conditions', () => {
  const pool = VariablePool.from([['n', [['a', { value: 'x' }]]]]);
  const evaluate = (operator: LogicalOperator, ...list: (readonly [string, string])[]) =>
    evaluateConditions(
      conditionsSchema.parse(
        list.map(([name, value]) => ({ variable_selector: ['n', name], comparison_operator: 'is', value })),
      ),
      operator,
      pool,
    );

  test('the ones that do not matter any more are not looked at', () => {
    expect(evaluate('and', ['a', 'y'], ['missing', 'x'])).toMatchObject({ holds: false, results: [false] });
    expect(evaluate('or', ['a', 'x'], ['missing', 'x'])).toMatchObject({ holds: true, results: [true] });
    expect(() => evaluate('and', ['a', 'x'], ['missing', 'x'])).toThrow(
      "Variable ['n', 'missing'] not found",
    );
  });

  test('none hold for and, and do not for or', () => {
    expect([evaluate('and').holds, evaluate('or').holds]).toEqual([true, false]);
  });
});
