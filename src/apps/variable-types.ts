import { isRecord } from '../config/is-record.ts';

/** Whether a value of JSON is of a type. */
export type TypeCheck = (value: unknown) => boolean;

const isString: TypeCheck = (value) => typeof value === 'string';
const isNumber: TypeCheck = (value) => Number.isFinite(value);
const isBoolean: TypeCheck = (value) => typeof value === 'boolean';

/** Types of a conversation's variables by `value_type` (`facts/dify-dsl-engine.md` §2.2); files are not allowed. */
export const VARIABLE_TYPES: ReadonlyMap<string, TypeCheck> = new Map([
  ['string', isString],
  ['secret', isString],
  ['number', isNumber],
  ['integer', (value) => Number.isInteger(value)],
  ['float', isNumber],
  ['boolean', isBoolean],
  ['object', isRecord],
  ['array[string]', listOf(isString)],
  ['array[number]', listOf(isNumber)],
  ['array[boolean]', listOf(isBoolean)],
  ['array[object]', listOf(isRecord)],
]);

function listOf(check: TypeCheck): TypeCheck {
  return (value) => Array.isArray(value) && value.every(check);
}
