import { type FileValue, fileMarkdown } from './file-value.ts';
import { pythonFloat, pythonInteger } from './python-float.ts';
import { pythonJson } from './python-json.ts';
import { pythonRepr, pythonStr } from './python-text.ts';
import { typeOf } from './type-of.ts';
import type { Value } from './value.ts';
import type { Variable } from './variable.ts';

/** How prompts, HTTP requests, conditions and tool parameters show a variable (`facts/dify-dsl-engine.md` §3.5). */
export function textOf(variable: Variable): string {
  const { value } = variable;
  switch (typeOf(variable)) {
    case 'object':
      return pythonJson(value);
    case 'array[string]':
      return isEmpty(value) ? '' : pythonJson(value);
    case 'array[any]':
    case 'array[number]':
    case 'array[object]':
    case 'array[boolean]':
      return isEmpty(value) ? '' : pythonStr(value);
    default:
      return scalarText(variable);
  }
}

/** How answers and their streams show it. */
export function markdownOf(variable: Variable): string {
  const { value } = variable;
  switch (typeOf(variable)) {
    case 'object':
      return pythonJson(value, 2);
    case 'file':
      return fileMarkdown(value as FileValue);
    case 'array[file]':
      return (value as readonly FileValue[]).map(fileMarkdown).join('\n');
    case 'array[any]':
    case 'array[string]':
    case 'array[number]':
    case 'array[object]':
    case 'array[boolean]':
      return (value as readonly Value[]).map((item) => `- ${pythonStr(item)}`).join('\n');
    default:
      return scalarText(variable);
  }
}

/** How logs show it: without what a secret says. */
export function logOf(variable: Variable): string {
  const { value } = variable;
  switch (typeOf(variable)) {
    case 'secret':
      return maskSecret(String(value));
    case 'object':
      return pythonJson(value, 2);
    case 'array[any]':
    case 'array[string]':
    case 'array[number]':
    case 'array[object]':
    case 'array[boolean]':
      return pythonRepr(value);
    default:
      return scalarText(variable);
  }
}

/** The first six and last two characters of a secret, none of a short one. */
export function maskSecret(secret: string): string {
  return secret.length <= 8 ? '*'.repeat(20) : `${secret.slice(0, 6)}${'*'.repeat(12)}${secret.slice(-2)}`;
}

function scalarText(variable: Variable): string {
  const { value } = variable;
  switch (typeOf(variable)) {
    case 'integer':
      return typeof value === 'number' ? pythonInteger(value) : pythonStr(value);
    case 'float':
      return typeof value === 'number' ? pythonFloat(value) : pythonStr(value);
    case 'boolean':
      return pythonStr(value);
    case 'string':
    case 'secret':
      return String(value);
    default:
      return '';
  }
}

function isEmpty(value: Value): boolean {
  return Array.isArray(value) && value.length === 0;
}
