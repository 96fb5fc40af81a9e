import { NodeError } from '../node-error.ts';
import { pythonType } from '../values/python-text.ts';
import { inferType } from '../values/type-of.ts';
import type { Value, ValueRecord } from '../values/value.ts';
import { checkUndeclared } from './check-undeclared.ts';
import { DEEPEST, LIMITS } from './code-limits.ts';
import type { CodeOutput } from './code-outputs.ts';

/**
 * What code has returned, if it is what it said it would return (`facts/dify-dsl-engine.md` §4.8): every output, no other,
 * each of its type or null, none larger than the limits. Booleans become numbers where numbers are declared.
 *
 * @throws NodeError in Dify's words
 */
export function checkOutputs(
  result: ValueRecord,
  declared: Readonly<Record<string, CodeOutput>>,
  prefix = '',
  depth = 1,
): ValueRecord {
  if (depth > DEEPEST) {
    throw new NodeError('DepthLimitError', `Depth limit ${DEEPEST} reached, object too deep.`);
  }
  const checked: Record<string, Value> = {};
  const separator = prefix === '' ? '' : '.';
  for (const [name, output] of Object.entries(declared)) {
    const path = `${prefix}${separator}${name}`;
    if (!Object.hasOwn(result, name)) throw invalid(`Output ${path} is missing.`);
    checked[name] = check(result[name] as Value, output, path, depth);
  }
  if (Object.keys(result).length > Object.keys(declared).length) {
    throw new NodeError('CodeNodeError', 'Not all output parameters are validated.');
  }
  return checked;
}

function check(value: Value, { type, children }: CodeOutput, path: string, depth: number): Value {
  if (value === null) return null;
  const python = `<class '${pythonType(value)}'>`;
  switch (type) {
    case 'string':
      return checkText(value, path);
    case 'number':
      if (typeof value !== 'number' && typeof value !== 'boolean') {
        throw invalid(`Output ${path} is not a number, got ${python} instead.`);
      }
      return checkNumber(value, path);
    case 'boolean':
      if (typeof value !== 'boolean') {
        throw invalid(`Output ${path} is not a boolean, got ${python} instead.`);
      }
      return value;
    case 'object':
      if (inferType(value) !== 'object' && inferType(value) !== 'file') {
        throw invalid(`Output ${path} is not an object, got ${python} instead.`);
      }
      if (children) return checkOutputs(value as ValueRecord, children, path, depth + 1);
      checkUndeclared(value as ValueRecord, path, depth + 1);
      return value;
    default:
      if (!Array.isArray(value)) throw invalid(`Output ${path} is not an array, got ${python} instead.`);
      return checkList(value, type, children ?? null, path, depth);
  }
}

type ListType = Extract<CodeOutput['type'], `array${string}`>;

function checkList(
  list: readonly Value[],
  type: ListType,
  children: Readonly<Record<string, CodeOutput>> | null,
  path: string,
  depth: number,
): Value {
  const most = LIMITS[type];
  if (list.length > most) {
    throw invalid(`The length of output variable \`${path}\` must be less than ${most} elements.`);
  }
  switch (type) {
    case 'array[number]':
      return list.map((item, at) => {
        if (typeof item !== 'number' && typeof item !== 'boolean') {
          throw invalid(`The element at index ${at} of output variable \`${path}\` must be a number.`);
        }
        return checkNumber(item, `${path}[${at}]`);
      });
    case 'array[string]':
      return list.map((item, at) => (item === null ? null : checkText(item, `${path}[${at}]`)));
    case 'array[boolean]':
      list.forEach((item, at) => {
        if (item !== null && typeof item !== 'boolean') {
          throw invalid(`Output ${path}[${at}] is not a boolean, got <class '${pythonType(item)}'> instead.`);
        }
      });
      return list;
    case 'array[object]':
      return list.map((item, at) => {
        if (item === null) return null;
        const own = `${path}[${at}]`;
        const kind = inferType(item);
        if (kind !== 'object' && kind !== 'file') {
          const python = `<class '${pythonType(item)}'>`;
          throw invalid(`Output ${own} is not an object, got ${python} instead at index ${at}.`);
        }
        return children === null ? item : checkOutputs(item as ValueRecord, children, own, depth + 1);
      });
  }
}

export function checkText(value: Value, path: string): string {
  if (typeof value !== 'string') {
    throw invalid(`Output ${path} must be a string, got ${pythonType(value)} instead.`);
  }
  if (value.length > LIMITS.string) {
    const text = `The length of output variable \`${path}\` must be less than ${LIMITS.string} characters`;
    throw invalid(text);
  }
  return value.replaceAll('\x00', '');
}

export function checkNumber(value: number | boolean, path: string): number {
  const number = Number(value);
  if (Math.abs(number) > LIMITS.number) {
    const range = '-9223372036854775807 and 9223372036854775807';
    throw invalid(`Output variable \`${path}\` is out of range, it must be between ${range}.`);
  }
  const places = /\.(\d+)(?:e|$)/.exec(String(number))?.[1]?.length ?? 0;
  if (places > LIMITS.places) {
    throw invalid(
      `Output variable \`${path}\` has too high precision, it must be less than ${LIMITS.places} digits.`,
    );
  }
  return number;
}

function invalid(message: string): NodeError {
  return new NodeError('OutputValidationError', message);
}
