import { type Schema, Validator } from '@cfworker/json-schema';
import { isRecord } from '../config/is-record.ts';
import type { ParameterSchema } from './tool.ts';
import { ToolError } from './tool-error.ts';
import { withinTime } from './within-time.ts';

/** Nothing but a schema that means ill takes that long. */
const TIMEOUT_MS = 250;

/**
 * What is wrong with a tool's arguments by its schema; null: nothing.
 *
 * Schemas come from documents and servers of others. The validator interprets them, it compiles none into code; a pattern
 * or references that would take for ever are left after a quarter of a second; and a pattern that is none in JavaScript
 * is not looked at, the tool's own server will.
 *
 * @throws ToolError `failed` for a schema that is none, `arguments` for what cannot be checked
 */
export function schemaProblem(
  schema: ParameterSchema,
  args: Readonly<Record<string, unknown>>,
): string | null {
  try {
    const { valid, errors } = withinTime(TIMEOUT_MS, () => validatorOf(schema).validate(args));
    if (valid) return null;
    // The last tells the place; those before it, that something within is wrong.
    const error = errors.at(-1);
    const place = error?.instanceLocation.replace(/^#\/?/, '') ?? '';
    return place === '' ? (error?.error ?? 'they do not fit') : `${place}: ${error?.error}`;
  } catch (cause) {
    if ((cause as { code?: unknown }).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT')
      throw new ToolError('arguments', 'checking them took too long');
    if (cause instanceof RangeError) throw new ToolError('arguments', 'they are nested too deep', { cause });
    throw new ToolError('failed', 'the schema of its parameters cannot be used', { cause });
  }
}

const validators = new WeakMap<ParameterSchema, Validator>();

function validatorOf(schema: ParameterSchema): Validator {
  let validator = validators.get(schema);
  if (!validator) {
    validator = new Validator(withoutBadPatterns(schema) as Schema, '2020-12', true);
    validators.set(schema, validator);
  }
  return validator;
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
