import { isRecord } from '../config/is-record.ts';
import { invalidParam } from '../errors.ts';
import type { InputField } from './app.ts';
import { pythonNumber } from './python-number.ts';
import { pythonRepr } from './python-repr.ts';
import { namesMethod, readFileInput } from './read-file-input.ts';

/**
 * The inputs of a request, checked against the app's form by the rules and texts of `facts/dify-wire.md` §6: in form
 * order, the first failure wins; undeclared inputs are dropped; NUL is stripped from strings after the check.
 *
 * An optional variable that is missing gets its stored default, and null where there is none. (Dify's releases differ:
 * basic apps of some ignore the default, those of others use it. A form that shows a default to the person who fills it in
 * should not mean another value when a program leaves it out.)
 *
 * Files stay the mappings that the request has; whether they exist is for whoever has the store.
 *
 * @throws ParleyError `invalid_param`
 */
export function validateInputs(
  form: readonly InputField[],
  inputs: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const entries = form.map((field) => {
    const given = Object.hasOwn(inputs, field.variable) ? inputs[field.variable] : undefined;
    return [field, validate(field, given ?? null)] as const;
  });
  refuseObjects(entries);
  return Object.fromEntries(
    entries.map(([{ variable }, value]) => [
      variable,
      typeof value === 'string' ? value.replaceAll('\0', '') : value,
    ]),
  );
}

function validate(field: InputField, given: unknown): unknown {
  if (given === null && field.required) throw invalidParam(`${field.variable} is required in input form`);
  const value = given === null ? presetOf(field) : given;
  if (value === null) return null;
  switch (field.type) {
    case 'text-input':
    case 'paragraph':
      return shortEnough(field, stringOf(field, value));
    case 'select':
      return oneOfOptions(field, stringOf(field, value));
    case 'number':
      return numberOf(field, value);
    case 'checkbox':
      return checkboxOf(value);
    case 'json_object':
      if (value && !isRecord(value)) throw invalidParam(`${field.variable} in input form must be a dict`);
      return value;
    case 'file':
      return fileOf(field, value);
    case 'file-list':
      return filesOf(field, value);
  }
}

/** An empty text is a default of texts only. */
function presetOf({ type, default: preset }: InputField): unknown {
  if (preset === '') return type === 'text-input' || type === 'paragraph' ? preset : null;
  return preset ?? null;
}

function stringOf({ type, variable }: InputField, value: unknown): string {
  if (typeof value === 'string') return value;
  throw invalidParam(`(type '${type}') ${variable} in input form must be a string`);
}

/** Characters are code points, as in Python. */
function shortEnough({ variable, maxLength }: InputField, text: string): string {
  if (maxLength && text.length > maxLength && Array.from(text).length > maxLength) {
    throw invalidParam(`${variable} in input form must be less than ${maxLength} characters`);
  }
  return text;
}

function oneOfOptions({ variable, options }: InputField, text: string): string {
  if (options.includes(text)) return text;
  throw invalidParam(`${variable} in input form must be one of the following: ${pythonRepr(options)}`);
}

/** Lists and objects are refused with the same text; Dify fails on them with HTTP 500. */
function numberOf({ variable }: InputField, value: unknown): unknown {
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (typeof value === 'string') {
    if (value.trim() === '') return null;
    const number = pythonNumber(value);
    if (number !== undefined) return number;
  }
  throw invalidParam(`${variable} in input form must be a valid number`);
}

const TRUE: ReadonlySet<unknown> = new Set(['true', '1', 'yes', 'on', 1]);
const FALSE: ReadonlySet<unknown> = new Set(['false', '0', 'no', 'off', 0]);

function checkboxOf(value: unknown): unknown {
  const normal = typeof value === 'string' ? value.trim().toLowerCase() : value;
  if (TRUE.has(normal)) return true;
  return FALSE.has(normal) ? false : value;
}

function fileOf({ variable, required }: InputField, value: unknown): unknown {
  if (value === '' && !required) return null;
  if (!isRecord(value)) throw invalidParam(`${variable} in input form must be a file`);
  readFileInput(value);
  return value;
}

function filesOf({ variable, required, maxLength }: InputField, value: unknown): unknown {
  if (value === '' && !required) return null;
  if (!Array.isArray(value) || !value.every(isRecord)) {
    throw invalidParam(`${variable} in input form must be a list of files`);
  }
  if (maxLength && value.length > maxLength) {
    throw invalidParam(`${variable} in input form must be less than ${maxLength} files`);
  }
  const named = value.filter(namesMethod);
  for (const mapping of named) readFileInput(mapping);
  return named;
}

/** Only files and JSON objects may be objects: where another type let one through, it is refused here. */
function refuseObjects(entries: readonly (readonly [InputField, unknown])[]): void {
  const invalid = (type: InputField['type'], isObject: (value: unknown) => boolean) =>
    entries
      .filter(([field, value]) => field.type !== type && field.type !== 'json_object' && isObject(value))
      .map(([{ variable }]) => variable);
  for (const variables of [
    invalid('file', isRecord),
    invalid('file-list', (value) => Array.isArray(value) && value.some(isRecord)),
  ]) {
    if (variables.length > 0) throw invalidParam(`Invalid input type for ${pythonRepr(variables)}`);
  }
}
