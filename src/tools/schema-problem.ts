import { type Schema, Validator } from '@cfworker/json-schema';
import { isRecord } from '../config/is-record.ts';
import { checkInTime } from './check-in-time.ts';
import type { ParameterSchema } from './tool.ts';
import { ToolError } from './tool-error.ts';
import { withinTime } from './within-time.ts';

/** Reading a schema takes long where it is large, a check of what fits it does not. It is done once. */
const READING_MS = 500;

/**
 * What is wrong with a tool's arguments by its schema; null: nothing.
 *
 * Schemas come from documents and servers of others. The validator interprets them, it compiles none into code; a pattern
 * or references that would take for ever are left soon, and arguments that cannot be checked are refused
 * (`check-in-time.ts`); and a pattern that is none in JavaScript is not looked at, the tool's own server will.
 *
 * @throws ToolError `failed` for a schema that is none, `arguments` for what cannot be checked
 */
export function schemaProblem(
  schema: ParameterSchema,
  args: Readonly<Record<string, unknown>>,
): string | null {
  try {
    const validator = validatorOf(schema);
    const result = checkInTime(schema, () => validator.validate(args));
    if (result === null) throw new ToolError('arguments', 'checking them took too long');
    const { valid, errors } = result;
    if (valid) return null;
    // The last tells the place; those before it, that something within is wrong.
    const error = errors.at(-1);
    const place = error?.instanceLocation.replace(/^#\/?/, '') ?? '';
    return place === '' ? (error?.error ?? 'they do not fit') : `${place}: ${error?.error}`;
  } catch (cause) {
    if (cause instanceof ToolError) throw cause;
    if (cause instanceof RangeError) throw new ToolError('arguments', 'they are nested too deep', { cause });
    throw new ToolError('failed', 'the schema of its parameters cannot be used', { cause });
  }
}

/** Or what is thrown instead of one. */
const validators = new WeakMap<ParameterSchema, Validator | { readonly error: unknown }>();

function validatorOf(schema: ParameterSchema): Validator {
  const known = validators.get(schema) ?? readValidator(schema);
  validators.set(schema, known);
  if (known instanceof Validator) return known;
  throw known.error;
}

function readValidator(schema: ParameterSchema): Validator | { readonly error: unknown } {
  try {
    return withinTime(READING_MS, () => new Validator(withoutBadPatterns(schema) as Schema, '2020-12', true));
  } catch (error) {
    return { error };
  }
}

/** Patterns are of ECMA-262 with the flag `u`; many are written for other languages, or without the flag. */
function withoutBadPatterns(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(withoutBadPatterns);
  if (!isRecord(part)) return part;
  const entries = Object.entries(part).flatMap(([name, value]): [string, unknown][] => {
    if (name === 'pattern' && typeof value === 'string' && !isPattern(value)) return [];
    // Values, in which nothing is a keyword.
    if (name === 'enum' || name === 'const' || name === 'default' || name === 'examples')
      return [[name, value]];
    if (name !== 'patternProperties' || !isRecord(value)) return [[name, withoutBadPatterns(value)]];
    const good = Object.entries(value).filter(([pattern]) => isPattern(pattern));
    return [[name, withoutBadPatterns(Object.fromEntries(good))]];
  });
  return Object.fromEntries(entries);
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text, 'u') !== null;
  } catch {
    return false;
  }
}
