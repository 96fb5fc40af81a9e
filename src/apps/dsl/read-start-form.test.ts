import { expect, test } from 'vitest';
import { error, options } from '../../../test/support/apps/read-app.fixture.ts';
import { startNode, workflowDsl } from '../../../test/support/apps/workflow.fixture.ts';
import type { AppConfig } from '../app.ts';
import { readApp } from './read-app.ts';

const readWorkflow = () => ({ problems: [], needs: [] });

function config(...nodes: readonly string[]): AppConfig {
  return readApp(workflowDsl(nodes), { ...options, readWorkflow }).config;
}

test('all types, each stored whole', () => {
  const { inputForm, stored } = config(
    '{ id: note, type: custom-note, data: { type: start, variables: [{ variable: none, type: number }] } }',
    startNode(
      "{ variable: text, label: Text, type: text-input, required: true, max_length: 48, hint: '', options: [] }",
      "{ variable: 名字, type: paragraph, max_length: '', default: Hi, hide: false }",
      '{ variable: choice, type: select, options: [a, b], default: c }',
      "{ variable: count, type: number, default: '3' }",
      '{ variable: flag, type: checkbox, default: true }',
      '{ variable: data, type: json_object, json_schema: { type: object } }',
      '{ variable: old }',
    ),
  );
  const field = { required: false, maxLength: null, options: [], default: null, files: null };
  expect(inputForm).toEqual([
    { ...field, type: 'text-input', variable: 'text', label: 'Text', required: true, maxLength: 48 },
    { ...field, type: 'paragraph', variable: '名字', label: '名字', default: 'Hi' },
    { ...field, type: 'select', variable: 'choice', label: 'choice', options: ['a', 'b'], default: 'c' },
    { ...field, type: 'number', variable: 'count', label: 'count', default: '3' },
    { ...field, type: 'checkbox', variable: 'flag', label: 'flag', default: true },
    { ...field, type: 'json_object', variable: 'data', label: 'data' },
    { ...field, type: 'text-input', variable: 'old', label: 'old' },
  ]);
  expect(stored.user_input_form).toEqual([
    {
      'text-input': {
        ...{ variable: 'text', label: 'Text', type: 'text-input', required: true, max_length: 48 },
        ...{ hint: '', options: [] },
      },
    },
    { paragraph: { variable: '名字', type: 'paragraph', max_length: '', default: 'Hi', hide: false } },
    { select: { variable: 'choice', type: 'select', options: ['a', 'b'], default: 'c' } },
    { number: { variable: 'count', type: 'number', default: '3' } },
    { checkbox: { variable: 'flag', type: 'checkbox', default: true } },
    { json_object: { variable: 'data', type: 'json_object', json_schema: { type: 'object' } } },
    { 'text-input': { variable: 'old' } },
  ]);
});

test('inputs that are files say which ones they take', () => {
  const { inputForm } = config(
    startNode(
      '{ variable: one, type: file, allowed_file_types: [image, custom], allowed_file_extensions: [.PDF], allowed_file_upload_methods: [local_file] }',
      '{ variable: some, type: file-list, max_length: 5, allowed_file_types: [document], allowed_file_extensions: [], allowed_file_upload_methods: [local_file, remote_url] }',
      '{ variable: any, type: file-list }',
    ),
  );
  expect(inputForm).toMatchObject([
    {
      variable: 'one',
      files: {
        enabled: true,
        allowedTypes: ['image', 'custom'],
        allowedExtensions: ['pdf'],
        allowedMethods: ['local_file'],
        maxCount: 1,
      },
    },
    { variable: 'some', maxLength: 5, files: { allowedTypes: ['document'], maxCount: 5 } },
    { variable: 'any', maxLength: null, files: { allowedTypes: [], maxCount: 100 } },
  ]);
});

test('what is wrong with a variable has its line', () => {
  const source = `app: { mode: workflow }
workflow:
  graph:
    nodes:
    - id: start
      data:
        type: start
        variables:
        - { variable: '', type: number }
        - { variable: 1a, type: number }
        - { variable: __proto__, type: number }
        - { variable: a, type: number }
        - { variable: a, type: number }
        - { variable: b, type: picture }
        - { variable: c, type: file, allowed_file_types: [spreadsheet] }
        - text`;
  expect(error(source, { readWorkflow })?.problems.map(({ line, reason }) => `${line} ${reason}`)).toEqual([
    '9 start node: every field needs a variable',
    '10 start node: "1a" is not a variable name (letters, digits, _; no digit first)',
    '11 start node: "__proto__" is not a variable name (letters, digits, _; no digit first)',
    '13 start node: the variable a is there twice',
    expect.stringMatching(
      /^14 workflow\.graph\.nodes\[0\]\.data\.variables\[5\]\.type: expected one of text-input,/,
    ),
    expect.stringMatching(/^15 .*allowed_file_types\[0\]: expected one of image, document,/),
    expect.stringMatching(/^16 .*variables\[7\]: expected a mapping$/),
  ]);
});
