import { describe, expect, test } from 'vitest';
import type { App, InputField } from '../../apps/app.ts';
import { chatInputs, completionTurn } from './chat-inputs.ts';

const field = (type: InputField['type'], variable = 'v', more = {}) =>
  ({ type, variable, label: variable, required: false, options: [], ...more }) as unknown as InputField;
const app = (...inputForm: InputField[]) => ({ config: { inputForm } }) as unknown as App;

test('later sources go over earlier ones, and what the form does not ask for is dropped', () => {
  const form = app(field('text-input', 'a'), field('text-input', 'b'), field('text-input', 'c'));
  expect(chatInputs(form, { a: '1', b: '1', d: '1' }, { b: '2' }, {})).toEqual({ a: '1', b: '2' });
});

test('names of objects’ own are no values', () => {
  expect(chatInputs(app(field('text-input', 'toString'), field('text-input', '__proto__')), {})).toEqual({});
});

test.each<[InputField['type'], unknown, unknown]>([
  ['text-input', '7', '7'],
  ['paragraph', 'true', 'true'],
  ['select', '1', '1'],
  ['number', '7', 7],
  ['number', ' -1.5e3 ', -1500],
  ['number', '', ''],
  ['number', ' ', ' '],
  ['number', 'seven', 'seven'],
  ['number', 'Infinity', 'Infinity'],
  ['number', 7, 7],
  ['checkbox', 'true', true],
  ['checkbox', 'false', false],
  ['checkbox', 'maybe', 'maybe'],
  ['checkbox', false, false],
  ['json_object', '{"a":1}', { a: 1 }],
  ['json_object', '{', '{'],
  ['file', '{"transfer_method":"remote_url"}', { transfer_method: 'remote_url' }],
  ['file-list', '[]', []],
  ['file-list', [1], [1]],
])('a %s that is given as %j is %j', (type, given, value) => {
  expect(chatInputs(app(field(type)), { v: given })).toEqual({ v: value });
});

describe('completionTurn', () => {
  const form = app(
    field('number', 'n', { required: true }),
    field('text-input', 'optional'),
    field('paragraph', 'first', { required: true }),
    field('text-input', 'second', { required: true }),
  );

  test.each([
    [{}, { inputs: { first: 'said' }, query: '', said: 'said' }],
    [{ first: '' }, { inputs: { first: 'said' }, query: '', said: 'said' }],
    [{ first: 'given' }, { inputs: { first: 'given', second: 'said' }, query: '', said: 'said' }],
    [
      { first: 'given', second: 'too' },
      { inputs: { first: 'given', second: 'too' }, query: 'said' },
    ],
  ])('%j', (inputs, turn) => {
    expect(completionTurn(form, inputs, 'said')).toEqual(turn);
  });
});
