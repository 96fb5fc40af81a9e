import { describe, expect, test } from 'vitest';
import { ParleyError } from '../errors.ts';
import type { InputField } from './app.ts';
import { validateInputs } from './validate-inputs.ts';

function field(type: InputField['type'], rest: Partial<InputField> = {}): InputField {
  return {
    type,
    variable: 'v',
    label: 'V',
    required: false,
    maxLength: null,
    options: [],
    default: null,
    files: null,
    ...rest,
  };
}

function refusal(form: readonly InputField[], inputs: Record<string, unknown>): string {
  try {
    validateInputs(form, inputs);
  } catch (error) {
    if (error instanceof ParleyError && error.code === 'invalid_param' && error.status === 400)
      return error.message;
    throw error;
  }
  return 'accepted';
}

const one = (type: InputField['type'], value: unknown, rest: Partial<InputField> = {}) =>
  validateInputs([field(type, rest)], { v: value }).v;
const refused = (type: InputField['type'], value: unknown, rest: Partial<InputField> = {}) =>
  refusal([field(type, rest)], { v: value });

describe('presence', () => {
  test('required variables must be there and not null; an empty string will do', () => {
    expect(refusal([field('text-input', { required: true })], {})).toBe('v is required in input form');
    expect(refused('checkbox', null, { required: true })).toBe('v is required in input form');
    expect(one('paragraph', '', { required: true })).toBe('');
  });

  test('the first variable of the form fails first, whatever the order of the inputs', () => {
    const form = [field('number', { variable: 'a' }), field('text-input', { variable: 'b', required: true })];
    expect(refusal(form, { a: 'x' })).toBe('a in input form must be a valid number');
    expect(refusal(form.toReversed(), { a: 'x' })).toBe('b is required in input form');
  });

  test('optional variables become their default, or null', () => {
    expect(validateInputs([field('text-input')], {})).toEqual({ v: null });
    expect(validateInputs([field('select', { options: ['a'], default: '' })], {})).toEqual({ v: null });
    expect(validateInputs([field('select', { options: ['a'], default: 'a' })], { v: null })).toEqual({
      v: 'a',
    });
    expect(validateInputs([field('checkbox', { default: false })], {})).toEqual({ v: false });
    expect(refusal([field('number', { default: 'x' })], {})).toBe('v in input form must be a valid number');
  });

  test('undeclared inputs are dropped, and inherited names are no inputs', () => {
    expect(validateInputs([field('text-input')], { v: 'x', w: 1 })).toEqual({ v: 'x' });
    expect(validateInputs([field('text-input', { variable: 'toString' })], {})).toEqual({ toString: null });
    const hostile = JSON.parse('{"__proto__": {"polluted": true}, "v": "x"}') as Record<string, unknown>;
    const result = validateInputs([field('text-input'), field('text-input', { variable: '__proto__' })], {
      v: 'x',
    });
    expect(Object.getPrototypeOf(result)).toBe(Object.prototype);
    expect(validateInputs([field('text-input')], hostile)).toEqual({ v: 'x' });
    expect({}).not.toHaveProperty('polluted');
  });

  test('NUL is stripped after the check', () => {
    expect(one('text-input', 'a\0b\0')).toBe('ab');
    expect(refused('text-input', 'a\0', { maxLength: 1 })).toBe(
      'v in input form must be less than 1 characters',
    );
    expect(refused('select', 'a\0', { options: ['a'] })).toContain('must be one of');
  });
});

describe('text', () => {
  test.each(['text-input', 'paragraph', 'select'] as const)('%s must be a string', (type) => {
    for (const value of [1, true, [], {}]) {
      expect(refused(type, value)).toBe(`(type '${type}') v in input form must be a string`);
    }
  });

  test('length is counted in code points; 0 is no limit', () => {
    expect(one('text-input', '👍👍', { maxLength: 2 })).toBe('👍👍');
    expect(refused('paragraph', '👍👍👍', { maxLength: 2 })).toBe(
      'v in input form must be less than 2 characters',
    );
    expect(one('paragraph', 'abc', { maxLength: 0 })).toBe('abc');
  });
});

test('select names its options as Python prints them', () => {
  const options = ['a', "it's", `both ' and "`, 'back\\slash', 'line\n', 'ü 日本', '\u200b'];
  expect(refused('select', '', { options })).toBe(
    `v in input form must be one of the following: ['a', "it's", 'both \\' and "', 'back\\\\slash', 'line\\n', 'ü 日本', '\\u200b']`,
  );
  expect(one('select', "it's", { options })).toBe("it's");
});

describe('number', () => {
  test.each([
    [5, 5],
    [1.5, 1.5],
    [true, true],
    ['', null],
    ['  ', null],
    ['42', 42],
    [' -7 ', -7],
    ['+7', 7],
    ['1_000', 1000],
    ['1.50', 1.5],
    ['.5', 0.5],
    ['1.', 1],
    ['1.5e3', 1500],
    ['12345678901234567890', '12345678901234567890'],
  ])('%j becomes %j', (value, expected) => {
    expect(one('number', value)).toBe(expected);
  });

  test.each(['1e5', 'abc', '0x10', '1,5', '1.2.3', 'NaN', 'Infinity', '1__0', '--1', '1.5e999', [], {}])(
    '%j is none',
    (value) => {
      expect(refused('number', value)).toBe('v in input form must be a valid number');
    },
  );
});

test.each([
  ['true', true],
  [' YES ', true],
  ['1', true],
  [1, true],
  [true, true],
  ['off', false],
  ['No', false],
  [0, false],
  ['perhaps', 'perhaps'],
  [2, 2],
])('checkbox %j', (value, expected) => {
  expect(one('checkbox', value)).toBe(expected);
});

test('objects where none belong', () => {
  const form = [field('checkbox'), field('checkbox', { variable: "w'" })];
  expect(refusal(form, { v: {}, "w'": {} })).toBe(`Invalid input type for ['v', "w'"]`);
  expect(refusal(form, { v: [{}] })).toBe("Invalid input type for ['v']");
  expect(validateInputs(form, { v: ['x'] })).toMatchObject({ v: ['x'] });
});

test('json_object', () => {
  expect(one('json_object', { a: [{ b: 1 }] })).toEqual({ a: [{ b: 1 }] });
  expect(refused('json_object', '{}')).toBe('v in input form must be a dict');
  expect(refused('json_object', [1])).toBe('v in input form must be a dict');
});

describe('files', () => {
  const id = '72fa9618-8f89-4a37-9b33-7e1178a24a67';
  const upload = { type: 'image', transfer_method: 'local_file', upload_file_id: id, extra: 1 };

  test('stay as they are', () => {
    expect(one('file', upload)).toBe(upload);
    expect(one('file', { transfer_method: 'remote_url', remote_url: 'https://x/y.png' })).toBeTruthy();
    expect(one('file', '')).toBeNull();
    expect(one('file-list', [upload, { type: 'image' }])).toEqual([upload]);
    expect(one('file-list', [])).toEqual([]);
    expect(one('file-list', '')).toBeNull();
  });

  test.each([
    ['x', 'v in input form must be a file'],
    [[upload], 'v in input form must be a file'],
    [{}, 'transfer_method is required in file mapping'],
    [{ transfer_method: 'ftp' }, "'ftp' is not a valid FileTransferMethod"],
    [{ ...upload, type: 'foo' }, "'foo' is not a valid FileType"],
    [{ transfer_method: 'local_file' }, 'Invalid upload file id'],
    [{ transfer_method: 'local_file', upload_file_id: '1' }, 'Invalid upload file id format'],
    [{ transfer_method: 'remote_url' }, 'Invalid file url'],
    [{ transfer_method: 'remote_url', url: 'file:///etc/passwd' }, 'Invalid file url'],
  ])('%j', (value, message) => {
    expect(refused('file', value)).toBe(message);
  });

  test('lists', () => {
    expect(refused('file-list', upload)).toBe('v in input form must be a list of files');
    expect(refused('file-list', ['x'])).toBe('v in input form must be a list of files');
    expect(refused('file-list', [upload, upload], { maxLength: 1 })).toBe(
      'v in input form must be less than 1 files',
    );
    expect(refused('file', '', { required: true })).toBe('v in input form must be a file');
  });
});
