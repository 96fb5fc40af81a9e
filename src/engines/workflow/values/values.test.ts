import { describe, expect, test } from 'vitest';
import { FILE_IDENTITY, type FileValue } from './file-value.ts';
import { pythonFloat } from './python-float.ts';
import { pythonJson } from './python-json.ts';
import { pythonFloatOf, pythonInt } from './python-parse.ts';
import { pythonRepr } from './python-text.ts';
import { readTyped } from './read-typed.ts';
import { logOf, markdownOf, textOf } from './render.ts';
import { inferType } from './type-of.ts';
import type { Value } from './value.ts';

const file: FileValue = {
  ...{
    dify_model_identity: FILE_IDENTITY,
    id: null,
    type: 'image',
    transfer_method: 'remote_url',
    remote_url: 'http://x/a.png',
  },
  ...{ related_id: null, filename: 'a.png', extension: '.png', mime_type: 'image/png', size: 3, url: null },
};

test.each<readonly [Value, string]>([
  [null, 'none'],
  ['x', 'string'],
  [true, 'boolean'],
  [1, 'integer'],
  [1.5, 'float'],
  [2 ** 60, 'integer'],
  [2 ** 64, 'float'],
  [-0, 'float'],
  [{}, 'object'],
  [file, 'file'],
  [[], 'array[any]'],
  [['a'], 'array[string]'],
  [[1, 2.5], 'array[number]'],
  [[true], 'array[boolean]'],
  [[{}], 'array[object]'],
  [[file], 'array[file]'],
  [[null], 'array[any]'],
  [[[1]], 'array[any]'],
  [[1, 'a'], 'array[any]'],
  [[{}, file], 'array[any]'],
])('%j is %s', (value, type) => {
  expect(inferType(value)).toBe(type);
});

test.each([
  [1, '1.0'],
  [0.1, '0.1'],
  [1e16, '1e+16'],
  [123456789012345680, '1.2345678901234568e+17'],
  [0.0001, '0.0001'],
  [0.00001, '1e-05'],
  [1e100, '1e+100'],
  [-0, '-0.0'],
  [1e15, '1000000000000000.0'],
  [Infinity, 'inf'],
  [NaN, 'nan'],
])('the float %d is printed as %s', (value, text) => {
  expect(pythonFloat(value)).toBe(text);
});

test.each<readonly [Value, string]>([
  [["it's", 'say "x"', `both ' and "`], `["it's", 'say "x"', 'both \\' and "']`],
  [{ a: [1, true, null], 'k\n': '你' }, `{'a': [1, True, None], 'k\\n': '你'}`],
  [['\t\\\x00\u200b'], `['\\t\\\\\\x00\\u200b']`],
  [[], '[]'],
  [{}, '{}'],
])('repr %#', (value, text) => {
  expect(pythonRepr(value)).toBe(text);
});

test('json.dumps', () => {
  expect(pythonJson({ a: [1, 'é"\n'], b: { c: null }, d: [], e: 1.5 })).toBe(
    '{"a": [1, "é\\"\\n"], "b": {"c": null}, "d": [], "e": 1.5}',
  );
  expect(pythonJson({ a: [1, {}], b: 'x' }, 2)).toBe('{\n  "a": [\n    1,\n    {}\n  ],\n  "b": "x"\n}');
});

describe('rendering', () => {
  test.each<readonly [Value, string, string, string]>([
    [null, '', '', ''],
    ['x', 'x', 'x', 'x'],
    [1, '1', '1', '1'],
    [1.5, '1.5', '1.5', '1.5'],
    [1e18, '1000000000000000000', '1000000000000000000', '1000000000000000000'],
    [1e22, '1e+22', '1e+22', '1e+22'],
    [true, 'True', 'True', 'True'],
    [{ a: 1 }, '{"a": 1}', '{\n  "a": 1\n}', '{\n  "a": 1\n}'],
    [['a', 'b'], '["a", "b"]', '- a\n- b', "['a', 'b']"],
    [[1, 2], '[1, 2]', '- 1\n- 2', '[1, 2]'],
    [[{ a: 1 }], "[{'a': 1}]", "- {'a': 1}", "[{'a': 1}]"],
    [[null], '[None]', '- None', '[None]'],
    [[], '', '', '[]'],
    [file, '', '![a.png](http://x/a.png)', ''],
    [[file, { ...file, type: 'document', url: 'u' }], '', '![a.png](http://x/a.png)\n[a.png](u)', ''],
  ])('%j', (value, text, markdown, log) => {
    expect([textOf({ value }), markdownOf({ value }), logOf({ value })]).toEqual([text, markdown, log]);
  });

  test('goes by the declared type', () => {
    expect(textOf({ value: 3, type: 'float' })).toBe('3.0');
    expect(textOf({ value: [], type: 'array[string]' })).toBe('');
    expect(textOf({ value: 'sk-1234567890', type: 'secret' })).toBe('sk-1234567890');
    expect(logOf({ value: 'sk-1234567890', type: 'secret' })).toBe('sk-123************90');
    expect(logOf({ value: 'short', type: 'secret' })).toBe('********************');
  });
});

test('int() and float() as Python reads them', () => {
  expect([pythonInt(' 1_000 '), pythonInt(-1.9), pythonInt(true)]).toEqual([1000, -1, 1]);
  expect(() => pythonInt('1.5')).toThrow("invalid literal for int() with base 10: '1.5'");
  expect(() => pythonInt([])).toThrow("not 'list'");
  expect([pythonFloatOf('1e3'), pythonFloatOf(' .5'), pythonFloatOf('-inf')]).toEqual([1000, 0.5, -Infinity]);
  expect(() => pythonFloatOf('abc')).toThrow("could not convert string to float: 'abc'");
});

test('values of files are read by their declared type', () => {
  expect(readTyped('[1]', 'array[number]')).toEqual([1]);
  expect(readTyped('[]', 'array[object]')).toEqual([]);
  expect(readTyped('5', 'number')).toBe(5);
  expect(readTyped('x', 'number')).toBeUndefined();
  expect(readTyped('["a"]', 'array[number]')).toBeUndefined();
  expect(readTyped('5', 'string')).toBe('5');
  expect(['True', 'False', 'true', '1'].map((text) => readTyped(text, 'boolean'))).toEqual([
    ...[true, false, true, undefined],
  ]);
});
