import { expect, test } from 'vitest';
import { readReport } from './read-report.ts';

const MOST = 1000;
const value = { kind: 'value', json: '{}', output: '', spent: false };
const failure = { kind: 'failure', failure: 'error', message: 'm', output: 'o', spent: true };
const missing = { kind: 'missing', module: 'numpy', message: 'm', output: '', spent: false };
const needs = { kind: 'needs', packages: ['numpy', 'PIL'] };

test.each([{ kind: 'ready' }, value, failure, { ...failure, failure: 'memory' }, missing, needs])(
  '%j',
  (report) => {
    expect(readReport(report, MOST)).toEqual(report);
    expect(readReport({ ...report, more: 1 }, MOST)).toEqual(report);
  },
);

test.each<[string, unknown]>([
  ['nothing', undefined],
  ['null', null],
  ['text', 'ready'],
  ['a list', [value]],
  ['an instance', Object.assign(new Map(), value)],
  ['no kind', { ...value, kind: undefined }],
  ['another kind', { ...value, kind: 'result' }],
  ['a kind of Object', { ...value, kind: 'toString' }],
  ['no JSON text', { ...value, json: {} }],
  ['too much JSON', { ...value, json: 'x'.repeat(MOST + 1) }],
  ['too much output', { ...value, output: 'x'.repeat(MOST + 1000) }],
  ['no output', { ...value, output: undefined }],
  ['no word on being spent', { ...value, spent: undefined }],
  ['an unknown failure', { ...failure, failure: 'timeout' }],
  ['too long a message', { ...failure, message: 'x'.repeat(200_000) }],
  ['no message', { ...failure, message: null }],
  ['a nameless module', { ...missing, module: '' }],
  ['too long a name', { ...missing, module: 'x'.repeat(201) }],
  ['no packages', { ...needs, packages: [] }],
  ['packages that are no list', { ...needs, packages: 'numpy' }],
  ['too many packages', { ...needs, packages: Array(101).fill('numpy') }],
  ['packages that are no names', { ...needs, packages: ['numpy', 1] }],
  ['packages that are code', { ...needs, packages: ['os; os.system("id")'] }],
])('%s is no report', (_name, message) => {
  expect(readReport(message, MOST)).toBeNull();
});
