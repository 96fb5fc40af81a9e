import { describe, expect, test } from 'vitest';
import type { Value, ValueRecord } from '../values/value.ts';
import { checkExtraction } from './check-extraction.ts';
import { extractionParameterSchema, schemaOfParameters } from './extraction-parameter.ts';

const parameter = (type: string, more: object = {}) =>
  extractionParameterSchema.parse({ name: 'p', type, description: 'd', required: true, ...more });
const check = (found: ValueRecord | null, ...parameters: ReturnType<typeof parameter>[]) => {
  const { values, reason } = checkExtraction(found, parameters);
  return Object.fromEntries<Value>([...values, ['reason', reason]]);
};

test.each<readonly [string, Value]>([
  ['string', ''],
  ['string', 'x'],
  ['number', 0],
  ['number', 1.5],
  ['boolean', false],
  ['bool', true],
  ['select', 'any'],
  ['array[string]', []],
  ['array[string]', ['a']],
  ['array[number]', [1, 2.5]],
  ['array[object]', [{}, { a: 1 }]],
  ['array[boolean]', [true, false]],
])('%s takes %j', (type, value) => {
  expect(check({ p: value }, parameter(type))).toEqual({ p: value, reason: null });
});

/** What Dify makes of what does not fit: as much as can be, else nothing. */
test.each<readonly [string, Value, Value]>([
  ['string', 5, ''],
  ['string', null, ''],
  ['string', ['a'], ''],
  ['number', '12', 12],
  ['number', '1.5', 1.5],
  ['number', '1e3', 0],
  ['number', 'x', 0],
  ['number', '9'.repeat(400), 0],
  ['number', [], 0],
  ['boolean', 1, true],
  ['boolean', 0, false],
  ['boolean', 'true', false],
  ['boolean', 1.5, false],
  ['array[string]', 'a', []],
  ['array[string]', ['a', 1, 'b'], ['a', 'b']],
  ['array[number]', [1, '2', 'x', '2.5', {}], [1, 2, 2.5]],
  ['array[object]', [{ a: 1 }, 'x', null, []], [{ a: 1 }]],
  ['array[boolean]', [true, 1, 'x'], [true]],
])('%s makes of %j %j', (type, value, result) => {
  const { p, reason } = check({ p: value }, parameter(type));
  expect(p).toEqual(result);
  expect(reason).toMatch(/^Invalid value for parameter p, expected segment type: /);
});

describe('reasons', () => {
  test('one value more or less', () => {
    expect(check({ p: 'x', q: 1 }, parameter('string'))).toEqual({
      p: 'x',
      reason: 'Invalid number of parameters',
    });
    expect(check({}, parameter('string')).reason).toBe('Invalid number of parameters');
    expect(check({}, parameter('string', { required: false })).reason).toBe('Invalid number of parameters');
  });

  test('a required one that is missing, and one that is not', () => {
    expect(check({ q: 1 }, parameter('string'))).toEqual({ p: '', reason: 'Parameter p is required' });
    expect(check({ q: 1 }, parameter('number', { required: false }))).toEqual({
      p: 0,
      reason:
        "Invalid value for parameter p, expected segment type: number, actual_type: none, python_type: <class 'NoneType'>, value: None",
    });
  });

  test('a choice that there is none of; the value stays', () => {
    expect(check({ p: 'c' }, parameter('select', { options: ['a', 'b'] }))).toEqual({
      p: 'c',
      reason: 'Invalid `select` value for parameter p',
    });
    expect(check({ p: 'b' }, parameter('select', { options: ['a', 'b'] })).reason).toBeNull();
  });

  test('a boolean is a number, as in Python', () => {
    expect(check({ p: true }, parameter('number'))).toEqual({ p: 1, reason: null });
    expect(check({ p: [true, 2] }, parameter('array[number]'))).toEqual({ p: [1, 2], reason: null });
  });

  test('long values are cut in them', () => {
    expect(check({ p: 'x'.repeat(10_000) }, parameter('number')).reason).toSatisfy(
      (reason: string) => reason.length < 1_200,
    );
  });

  test('nothing at all', () => {
    const all = ['string', 'number', 'boolean', 'array[object]'].map((type) =>
      parameter(type, { name: type }),
    );
    expect(check(null, ...all)).toEqual({
      ...{ string: '', number: 0, boolean: false, 'array[object]': [] },
      reason: 'Failed to extract result from function call or text response, using empty result.',
    });
  });

  test('names of prototypes are not there', () => {
    expect(check({ q: 1 }, parameter('string', { name: 'constructor' })).reason).toBe(
      'Parameter constructor is required',
    );
  });
});

test('parameters as a schema', () => {
  const parameters = [
    parameter('string', { name: 'a' }),
    parameter('select', { name: 'b', options: ['x'], required: false }),
    parameter('bool', { name: 'c', description: null }),
    parameter('array[number]', { name: 'd' }),
  ];
  expect(schemaOfParameters(parameters)).toEqual({
    type: 'object',
    properties: {
      a: { description: 'd', type: 'string' },
      b: { description: 'd', type: 'string', enum: ['x'] },
      c: { description: '', type: 'boolean' },
      d: { description: 'd', type: 'array', items: { type: 'number' } },
    },
    required: ['a', 'c', 'd'],
  });
});

test.each(['__reason', '__is_success', ''])('%j is no name', (name) => {
  expect(() => parameter('string', { name })).toThrow();
});

test.each(['object', 'file', 'array'])('%s is no type', (type) => {
  expect(() => parameter(type)).toThrow();
});
