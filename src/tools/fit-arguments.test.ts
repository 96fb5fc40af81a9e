import { expect, test } from 'vitest';
import { fitArguments } from './fit-arguments.ts';
import type { ParameterSchema } from './tool.ts';
import { ToolError } from './tool-error.ts';

function failure(schema: ParameterSchema, given: Record<string, unknown>): ToolError {
  try {
    return expect.unreachable(`they fit: ${JSON.stringify(fitArguments(schema, given))}`);
  } catch (error) {
    if (error instanceof ToolError) return error;
    throw error;
  }
}

/** The only parameter, `a`. */
function one(property: unknown, required = false): ParameterSchema {
  return { type: 'object', properties: { a: property }, ...(required ? { required: ['a'] } : {}) };
}

test.each([
  ['string', 5, '5'],
  ['string', 1.5, '1.5'],
  ['string', true, 'true'],
  ['string', ' x ', ' x '],
  ['number', '5', 5],
  ['number', ' 1.5 ', 1.5],
  ['number', '1e3', 1000],
  ['integer', '-7', -7],
  ['boolean', 1, true],
  ['boolean', 0, false],
  ['boolean', 'Yes', true],
  ['boolean', ' TRUE ', true],
  ['boolean', 'y', true],
  ['boolean', '1', true],
  ['boolean', 'no', false],
  ['boolean', 'N', false],
  ['boolean', '0', false],
  ['boolean', '', false],
  ['array', '[1, 2]', [1, 2]],
  ['array', 'x', ['x']],
  ['array', '{"x": 1}', ['{"x": 1}']],
  ['array', [1], [1]],
  ['object', '{"x": 1}', { x: 1 }],
  ['object', { x: 1 }, { x: 1 }],
])('%s of %j', (type, given, fitted) => {
  expect(fitArguments(one({ type }), { a: given })).toEqual({ a: fitted });
});

test.each([
  ['string', ['x']],
  ['string', { x: 1 }],
  ['number', 'five'],
  ['number', ''],
  ['number', 'Infinity'],
  ['number', true],
  ['integer', '1.5'],
  ['boolean', 'maybe'],
  ['boolean', 2],
  ['array', 5],
  ['object', 'x'],
  ['object', '[1]'],
  ['null', 'x'],
])('no %s of %j', (type, given) => {
  const error = failure(one({ type }), { a: given });
  expect(error.kind).toBe('arguments');
  expect(error.message).toMatch(/^a: /);
});

test('a type with null, or without, is cast alike', () => {
  const schema: ParameterSchema = {
    type: 'object',
    properties: {
      a: { type: ['integer', 'null'] },
      b: { anyOf: [{ type: 'integer' }, { type: 'null' }], default: null },
      c: { oneOf: [{ type: 'boolean' }, { type: 'null' }] },
    },
  };
  expect(fitArguments(schema, { a: '1', b: '2', c: 'yes' })).toEqual({ a: 1, b: 2, c: true });
  expect(fitArguments(schema, { a: null, b: null, c: null })).toEqual({ a: null, b: null, c: null });
  expect(fitArguments(schema, {})).toEqual({});
});

test('of several types none is preferred', () => {
  expect(fitArguments(one({ type: ['string', 'number'] }), { a: '5' })).toEqual({ a: '5' });
  expect(fitArguments(one({ anyOf: [{ type: 'number' }, { type: 'string' }] }), { a: '5' })).toEqual({
    a: '5',
  });
});

test('null stands for what is left out, where null is no value', () => {
  expect(fitArguments(one({ type: 'string' }), { a: null })).toEqual({});
  expect(fitArguments(one({ type: 'string', default: 'x' }), { a: null })).toEqual({ a: 'x' });
  expect(fitArguments(one({ type: 'string', default: 'x' }, true), { a: null })).toEqual({ a: 'x' });
  expect(failure(one({ type: 'string' }, true), { a: null }).message).toMatch(/^a: .*null/);
  expect(fitArguments(one({ type: ['string', 'null'], default: 'x' }), { a: null })).toEqual({ a: null });
});

test('defaults', () => {
  expect(fitArguments(one({ type: 'number', default: 5 }), {})).toEqual({ a: 5 });
  expect(fitArguments(one({ type: 'boolean', default: false }), {})).toEqual({ a: false });
  expect(fitArguments(one({ type: 'string', default: null }), {})).toEqual({});
  expect(fitArguments(one({ type: 'number', default: 5 }), { a: 0 })).toEqual({ a: 0 });
});

test('what is required must be there', () => {
  expect(failure(one({ type: 'string' }, true), {}).message).toContain('"a"');
  // Neither is it there because every object has it.
  expect(failure({ type: 'object', properties: {}, required: ['toString'] }, {}).message).toContain(
    'toString',
  );
});

test('what the schema does not know is left out', () => {
  expect(fitArguments(one({ type: 'string' }), { a: 'x', b: 'y' })).toEqual({ a: 'x' });
  const closed = { ...one({ type: 'string' }), additionalProperties: false };
  expect(fitArguments(closed, { a: 'x', b: 'y' })).toEqual({ a: 'x' });
  expect(fitArguments({}, { a: 'x' })).toEqual({});
});

test('unless it takes others', () => {
  const open = { ...one({ type: 'string' }), additionalProperties: true };
  expect(fitArguments(open, { a: 1, b: 'y' })).toEqual({ a: '1', b: 'y' });
  const numbers = { type: 'object', properties: {}, additionalProperties: { type: 'number' } };
  expect(fitArguments(numbers, { b: 5 })).toEqual({ b: 5 });
  expect(failure(numbers, { b: 'x' }).message).toMatch(/^b: /);
});

test('or names its parameters elsewhere', () => {
  const either = {
    type: 'object',
    anyOf: [
      { properties: { a: { type: 'string' } }, required: ['a'] },
      { properties: { b: { type: 'number' } }, required: ['b'] },
    ],
  };
  expect(fitArguments(either, { b: 5 })).toEqual({ b: 5 });
  expect(failure(either, { c: 5 }).kind).toBe('arguments');
  const referring = { $ref: '#/$defs/in', $defs: { in: one({ type: 'string' }, true) } };
  expect(fitArguments(referring, { a: 'x' })).toEqual({ a: 'x' });
  const matching = { type: 'object', patternProperties: { '^x-': { type: 'string' } } };
  expect(fitArguments(matching, { 'x-a': 'y' })).toEqual({ 'x-a': 'y' });
});

test('names that objects have by themselves are names like others', () => {
  const properties = '{"__proto__": {"type": "object"}, "constructor": {"type": "string"}}';
  const schema = { type: 'object', properties: JSON.parse(properties) };
  expect(fitArguments(schema, {})).toEqual({});
  const given = JSON.parse('{"__proto__": {"polluted": true}, "constructor": 5}');
  const fitted = fitArguments(schema, given);
  expect(Object.getPrototypeOf(fitted)).toBe(Object.prototype);
  expect(Object.entries(fitted)).toEqual([
    ['__proto__', { polluted: true }],
    ['constructor', '5'],
  ]);
  const open = { type: 'object', properties: {}, additionalProperties: true };
  expect(Object.keys(fitArguments(open, given))).toEqual(['__proto__', 'constructor']);
  expect({}).not.toHaveProperty('polluted');
});

test('enum and const', () => {
  const schema = one({ type: 'string', enum: ['1', '2'] });
  expect(fitArguments(schema, { a: 1 })).toEqual({ a: '1' });
  expect(failure(schema, { a: '3' })).toMatchObject({
    kind: 'arguments',
    message: expect.stringMatching(/^a: /),
  });
  expect(failure(one({ const: 1 }), { a: 2 }).kind).toBe('arguments');
});

test('values within values are checked', () => {
  const point = { type: 'object', properties: { x: { type: 'number' } }, required: ['x'] };
  const schema = one({ type: 'array', items: point });
  expect(fitArguments(schema, { a: '[{"x": 1, "y": 2}]' })).toEqual({ a: [{ x: 1, y: 2 }] });
  expect(failure(schema, { a: [{ x: 1 }, { x: 'two' }] }).message).toMatch(/^a\/1\/x: /);
  expect(failure(schema, { a: [{}] }).message).toMatch(/^a\/0: .*"x"/);
});

test('references within the schema', () => {
  const schema = {
    ...one({ $ref: '#/$defs/word' }, true),
    $defs: { word: { type: 'string', minLength: 2 } },
  };
  expect(fitArguments(schema, { a: 'xy' })).toEqual({ a: 'xy' });
  expect(failure(schema, { a: 'x' }).message).toMatch(/^a: /);
});

test('neither schema nor arguments are changed', () => {
  const schema = one({ type: 'array', default: [1], pattern: '(' });
  const before = structuredClone(schema);
  const given = Object.freeze({ a: Object.freeze(['x']) });
  expect(fitArguments(schema, given)).toEqual(given);
  expect(schema).toEqual(before);
});

test('patterns', () => {
  expect(failure(one({ type: 'string', pattern: '^x' }), { a: 'y' }).message).toMatch(/^a: .*pattern/);
  // Of another language, or without the flag u.
  for (const pattern of ['(?i)x', '^[\\w-.]+$', '(']) {
    expect(fitArguments(one({ type: 'string', pattern }), { a: 'y' })).toEqual({ a: 'y' });
  }
  const named = { type: 'object', properties: { pattern: { type: 'string', enum: ['('] } } };
  expect(fitArguments(named, { pattern: '(' })).toEqual({ pattern: '(' });
  expect(failure(one({ const: { pattern: '(' } }), { a: {} }).kind).toBe('arguments');
});

test.each<[string, ParameterSchema, unknown]>([
  ['a pattern that backtracks for ever', one({ type: 'string', pattern: '^(a+)+$' }), `${'a'.repeat(40)}!`],
  [
    'references that double at every step',
    {
      ...one({ $ref: '#/$defs/d0' }),
      $defs: Object.fromEntries(
        Array.from({ length: 40 }, (_, i) => [
          `d${i}`,
          i === 39 ? {} : { allOf: [{ $ref: `#/$defs/d${i + 1}` }, { $ref: `#/$defs/d${i + 1}` }] },
        ]),
      ),
    },
    'x',
  ],
])('%s is left soon', (_, schema, a) => {
  const began = performance.now();
  expect(failure(schema, { a })).toMatchObject({
    kind: 'arguments',
    message: 'checking them took too long',
  });
  expect(performance.now() - began).toBeLessThan(5_000);
});

test('many calls with a schema that is slow hold nobody up for long, and spoil it for no others', () => {
  const schema = one({ type: 'string', pattern: '^(a+)+$' });
  const before = process.threadCpuUsage();
  for (let call = 0; call < 100; call++)
    expect(failure(schema, { a: `${'a'.repeat(40)}!` })).toMatchObject({
      kind: 'arguments',
      message: 'checking them took too long',
    });
  const { user, system } = process.threadCpuUsage(before);
  expect((user + system) / 1_000).toBeLessThan(1_000);
  const honest = one({ type: 'string', pattern: '^a+$' });
  expect(fitArguments(honest, { a: 'aaa' })).toEqual({ a: 'aaa' });
});

test.each<[string, ParameterSchema]>([
  ['a reference to nothing', one({ $ref: '#/nothing' })],
  ['a reference to elsewhere', one({ $ref: 'http://127.0.0.1/schema.json' })],
  ['an enum that is no list', one({ enum: 5 })],
  ['one id twice', one({ $id: 'http://a.example/x', items: { $id: 'http://a.example/x' } })],
])('a schema with %s cannot be used', (_, schema) => {
  expect(failure(schema, { a: 'x' })).toMatchObject({
    kind: 'failed',
    message: 'the schema of its parameters cannot be used',
  });
});

test('what is nested too deep, or refers to itself, is refused', () => {
  const nested = JSON.parse('['.repeat(20_000) + ']'.repeat(20_000));
  const lists = one({ $ref: '#/$defs/list' });
  const schema = { ...lists, $defs: { list: { type: 'array', items: { $ref: '#/$defs/list' } } } };
  expect(failure(schema, { a: nested }).kind).toBe('arguments');
  expect(failure(one({ $ref: '#/properties/a' }), { a: 'x' }).kind).toBe('arguments');
});
