import { describe, expect, test } from 'vitest';
import { dsl, error, options } from '../../../test/support/apps/read-app.fixture.ts';
import { startNode, workflowDsl } from '../../../test/support/apps/workflow.fixture.ts';
import { DEFAULT_APP_SETTINGS } from '../../config/default-app-settings.ts';
import type { App } from '../app.ts';
import { environmentOf } from '../environment-of.ts';
import type { DslProblem } from './dsl-error.ts';
import { readApp } from './read-app.ts';

const readWorkflow = () => ({ problems: [], needs: [] });
type Env = Readonly<Record<string, string | number>>;

/** The list begins at line 7. */
function source(
  list: 'conversation_variables' | 'environment_variables',
  ...items: readonly string[]
): string {
  return workflowDsl([startNode()], [`${list}:`, ...items.map((item) => `- ${item}`)]);
}

function read(text: string, env: Env = {}, warnings: DslProblem[] = []): App {
  const settings = { ...DEFAULT_APP_SETTINGS, env };
  return readApp(text, {
    ...options,
    readWorkflow,
    settings,
    onWarning: (warning) => warnings.push(warning),
  });
}

function problems(text: string): readonly DslProblem[] {
  return error(text, { readWorkflow })?.problems ?? [];
}

describe('conversation variables', () => {
  test('of every type, as the file has them', () => {
    const items: [type: string, yaml: string, value: unknown][] = [
      ['string', "''", ''],
      ['string', '5', '5'],
      ['secret', 's', 's'],
      ['number', '1.5', 1.5],
      ['integer', '2', 2],
      ['float', '2', 2],
      ['boolean', 'false', false],
      ['object', '{ a: [null] }', { a: [null] }],
      ['array[string]', '[]', []],
      ['array[string]', '[a, b]', ['a', 'b']],
      ['array[number]', '[1, 2.5]', [1, 2.5]],
      ['array[boolean]', '[true]', [true]],
      ['array[object]', '[{}]', [{}]],
    ];
    const text = source(
      'conversation_variables',
      ...items.map(([type, yaml], at) => `{ id: x, name: v${at}, value_type: '${type}', value: ${yaml} }`),
    );
    expect(read(text).config.workflow?.conversationVariables).toEqual(
      items.map(([type, , value], at) => ({ name: `v${at}`, type, value, description: '' })),
    );
  });

  test.each([
    ['{ value_type: string, value: a }', 'missing name'],
    ['{ name: a, value: 1 }', 'missing value type'],
    ['{ name: a, value_type: string }', 'missing value'],
    ['{ name: a, value_type: number, value: null }', 'missing value'],
    ['{ name: a, value_type: file, value: {} }', 'not supported value type file'],
    ["{ name: a, value_type: 'array[file]', value: [] }", 'not supported value type array[file]'],
    ["{ name: a, value_type: number, value: '12' }", 'invalid number value 12'],
    ['{ name: a, value_type: number, value: .inf }', 'invalid number value Infinity'],
    ['{ name: a, value_type: object, value: [] }', 'the value is not of the type object'],
    ["{ name: a, value_type: 'array[string]', value: [1] }", 'the value is not of the type array[string]'],
    ['{ name: __proto__, value_type: string, value: a }', '__proto__ is not a name for a variable'],
  ])('%s', (item, reason) => {
    expect(problems(source('conversation_variables', item))).toEqual([{ line: 8, reason }]);
  });

  test('no name is there twice, and none is too large', () => {
    const item = (name: string, length: number) =>
      `{ name: ${name}, value_type: string, value: ${'x'.repeat(length)} }`;
    const text = source('conversation_variables', item('a', 204_798), item('a', 1), item('b', 204_799));
    expect(problems(text)).toEqual([
      { line: 9, reason: 'the variable a is there twice' },
      { line: 10, reason: 'variable size 204801 exceeds limit 204800' },
    ]);
  });
});

describe('environment variables', () => {
  const text = source(
    'environment_variables',
    '{ name: URL, value_type: string, value: http://a, description: Where }',
    '{ name: LIMIT, value_type: number, value: 3 }',
    "{ name: OLD, value_type: number, value: '4.5' }",
    "{ name: TOKEN, value_type: secret, value: '' }",
    '{ name: BARE, value_type: string }',
    "{ name: NONE, value_type: number, value: '' }",
  );
  const values = (env: Env, warnings: DslProblem[] = []) =>
    Object.fromEntries(environmentOf(read(text, env, warnings)).map(({ name, value }) => [name, value]));

  test('as the file has them', () => {
    expect(read(text).config.workflow?.environment).toEqual([
      { name: 'URL', type: 'string', value: 'http://a', description: 'Where' },
      { name: 'LIMIT', type: 'number', value: 3, description: '' },
      { name: 'OLD', type: 'number', value: 4.5, description: '' },
      { name: 'TOKEN', type: 'secret', value: null, description: '' },
      { name: 'BARE', type: 'string', value: null, description: '' },
      { name: 'NONE', type: 'number', value: null, description: '' },
    ]);
  });

  test('without the owner, what has no value is empty, and told', () => {
    const warnings: DslProblem[] = [];
    expect(values({}, warnings)).toEqual({
      ...{ URL: 'http://a', LIMIT: 3, OLD: 4.5 },
      ...{ TOKEN: '', BARE: '', NONE: 0 },
    });
    expect(warnings.map(({ line, reason }) => `${line} ${reason.split(':')[0]}`)).toEqual([
      '11 the secret TOKEN has no value',
      '12 the environment variable BARE has no value',
      '13 the environment variable NONE has no value',
    ]);
  });

  test('a secret is never taken from the file, which is told', () => {
    const warnings: DslProblem[] = [];
    const secret = source(
      'environment_variables',
      '{ name: KEY, value_type: secret, value: sk-of-the-file }',
    );
    const app = read(secret, {}, warnings);
    expect(environmentOf(app)).toEqual([{ name: 'KEY', type: 'secret', value: '' }]);
    expect(JSON.stringify(app.config)).not.toContain('sk-of-the-file');
    expect(warnings.map(({ reason }) => reason)).toEqual([
      expect.stringMatching(/^the secret KEY is not taken from the file: set it in app_settings/),
    ]);
    expect(environmentOf(read(secret, { KEY: 'sk-mine' }))).toMatchObject([{ value: 'sk-mine' }]);
  });

  test('what the owner sets goes over the file', () => {
    const warnings: DslProblem[] = [];
    const env = { URL: 5, LIMIT: '7', OLD: 'many', TOKEN: 'hidden', BARE: '', NONE: 1, MORE: 'hidden too' };
    expect(values(env, warnings)).toEqual({
      ...{ URL: '5', LIMIT: 7, OLD: 4.5 },
      ...{ TOKEN: 'hidden', BARE: '', NONE: 1 },
    });
    expect(warnings).toEqual([
      {
        line: 10,
        reason:
          "the environment variable OLD is a number, and what app_settings sets under env is none; the file's value holds",
      },
      { line: 8, reason: 'app_settings sets env.MORE, which the app does not declare' },
    ]);
    expect(JSON.stringify(warnings)).not.toMatch(/hidden|many/);
  });

  test('an empty secret is none', () => {
    const warnings: DslProblem[] = [];
    values({ TOKEN: '', BARE: 'x', NONE: 0 }, warnings);
    expect(warnings).toMatchObject([{ line: 11 }]);
  });

  test('an app without any is told what its owner set in vain', () => {
    const warnings: DslProblem[] = [];
    read(workflowDsl([startNode()]), { A: 1 }, warnings);
    expect(warnings).toEqual([
      { line: 2, reason: 'app_settings sets env.A, which the app does not declare' },
    ]);
    read(dsl(''), { B: '' }, warnings);
    expect(warnings.at(-1)).toEqual({
      line: 4,
      reason: 'app_settings sets env.B, which the app does not declare',
    });
  });

  test.each([
    ['{ value_type: string, value: a }', 'missing name'],
    ['{ name: a, value: a }', 'missing value type'],
    ['{ name: a, value_type: object, value: {} }', 'not supported value type object'],
    ['{ name: a, value_type: number, value: x }', 'invalid number value x'],
    ['{ name: constructor, value_type: string, value: a }', 'constructor is not a name for a variable'],
  ])('%s', (item, reason) => {
    expect(problems(source('environment_variables', item)).map((one) => one.reason)).toContain(reason);
  });
});
