import type * as z from 'zod';
import { pythonRepr } from '../../apps/python-repr.ts';
import { invalidParam, type ParleyError } from '../../errors.ts';

type Issue = z.core.$ZodIssue;

/** Longest input printed whole; longer ones lose their middle, as pydantic prints them. */
const MAX_INPUT = 50;
const MAX_DEPTH = 20;

/**
 * A failed schema as Dify reports it: HTTP 400 `invalid_param` with pydantic's own report as the message
 * (`facts/dify-wire.md` §1.6). Clients go by the code; people read the text.
 */
export function pydanticError(model: string, error: z.ZodError, input: unknown): ParleyError {
  const { issues } = error;
  const lines = issues.flatMap((issue) => {
    const { type, text } = describe(issue, input);
    const given = valueAt(input, type === 'missing' ? issue.path.slice(0, -1) : issue.path);
    return [
      // A rule about the whole object has no field to name.
      ...(issue.path.length > 0 ? [issue.path.join('.')] : []),
      `  ${text} [type=${type}, input_value=${shorten(repr(given))}, input_type=${typeName(given)}]`,
      `    For further information visit https://errors.pydantic.dev/2.12/v/${type}`,
    ];
  });
  const count = `${issues.length} validation error${issues.length === 1 ? '' : 's'}`;
  return invalidParam([`${count} for ${model}`, ...lines].join('\n'));
}

const EXPECTED: Readonly<Record<string, { readonly type: string; readonly text: string }>> = {
  string: { type: 'string_type', text: 'Input should be a valid string' },
  array: { type: 'list_type', text: 'Input should be a valid list' },
  object: { type: 'dict_type', text: 'Input should be a valid dictionary' },
  record: { type: 'dict_type', text: 'Input should be a valid dictionary' },
  boolean: { type: 'bool_type', text: 'Input should be a valid boolean' },
  number: { type: 'float_type', text: 'Input should be a valid number' },
  int: { type: 'int_type', text: 'Input should be a valid integer' },
};

function describe(issue: Issue, input: unknown): { type: string; text: string } {
  switch (issue.code) {
    case 'invalid_type': {
      if (valueAt(input, issue.path) === undefined) return { type: 'missing', text: 'Field required' };
      return EXPECTED[issue.expected] ?? { type: 'value_error', text: issue.message };
    }
    case 'invalid_value': {
      if (valueAt(input, issue.path) === undefined) return { type: 'missing', text: 'Field required' };
      const values = issue.values.map((value) => repr(value));
      const all =
        values.length > 1 ? `${values.slice(0, -1).join(', ')} or ${values.at(-1)}` : (values[0] ?? '');
      return { type: 'literal_error', text: `Input should be ${all}` };
    }
    case 'invalid_union': {
      // Pydantic reads several types into the one that the first of ours stands for.
      const first = issue.errors[0]?.[0];
      return first
        ? describe({ ...first, path: issue.path }, input)
        : { type: 'value_error', text: `Value error, ${issue.message}` };
    }
    case 'too_small':
      return issue.origin === 'string'
        ? { type: 'string_too_short', text: `String should have at least ${counted(issue.minimum)}` }
        : { type: 'greater_than_equal', text: `Input should be greater than or equal to ${issue.minimum}` };
    case 'too_big':
      return issue.origin === 'string'
        ? { type: 'string_too_long', text: `String should have at most ${counted(issue.maximum)}` }
        : { type: 'less_than_equal', text: `Input should be less than or equal to ${issue.maximum}` };
    case 'custom':
      return issue.params?.pydantic
        ? { type: String(issue.params.pydantic), text: issue.message }
        : { type: 'value_error', text: `Value error, ${issue.message}` };
    default:
      return { type: 'value_error', text: `Value error, ${issue.message}` };
  }
}

function counted(n: number | bigint): string {
  return `${n} character${Number(n) === 1 ? '' : 's'}`;
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const key of path) value = (value as Record<PropertyKey, unknown> | null | undefined)?.[key];
  return value;
}

/** A JSON value as Python prints it; what lies deeper than anybody reads is left out. */
function repr(value: unknown, depth = 0): string {
  if (value === null || value === undefined) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (typeof value === 'string') return pythonRepr([value]).slice(1, -1);
  if (typeof value !== 'object') return String(value);
  const inner = (item: unknown) => (depth < MAX_DEPTH ? repr(item, depth + 1) : '...');
  if (Array.isArray(value)) return `[${value.map(inner).join(', ')}]`;
  return `{${Object.entries(value)
    .map(([key, item]) => `${repr(key)}: ${inner(item)}`)
    .join(', ')}}`;
}

function typeName(value: unknown): string {
  if (value === null || value === undefined) return 'NoneType';
  if (Array.isArray(value)) return 'list';
  switch (typeof value) {
    case 'string':
      return 'str';
    case 'boolean':
      return 'bool';
    case 'number':
      return Number.isInteger(value) ? 'int' : 'float';
    default:
      return 'dict';
  }
}

function shorten(text: string): string {
  return text.length <= MAX_INPUT ? text : `${text.slice(0, 25)}...${text.slice(-24)}`;
}
