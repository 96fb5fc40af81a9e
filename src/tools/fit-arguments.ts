import { type Schema, Validator } from '@cfworker/json-schema';
import { isRecord } from '../config/is-record.ts';
import type { ParameterSchema } from './tool.ts';
import { ToolError } from './tool-error.ts';

type Arguments = Readonly<Record<string, unknown>>;

/**
 * Arguments as a tool takes them: defaults filled in, values brought to the types that the schema names where they plainly
 * say them (`facts/dify-dsl-engine.md` §9.2, casting), and checked. What the schema does not know is left out.
 *
 * The validator interprets schemas, which come from documents and servers of others: it compiles none into code.
 *
 * @throws ToolError `arguments`
 */
export function fitArguments(schema: ParameterSchema, given: Arguments): Arguments {
  const properties = isRecord(schema.properties) ? schema.properties : {};
  const required = Array.isArray(schema.required) ? schema.required : [];
  const open = schema.additionalProperties !== undefined && schema.additionalProperties !== false;
  const fitted: Record<string, unknown> = {};
  for (const [name, property] of Object.entries(properties)) {
    const value = Object.hasOwn(given, name) ? cast(property, given[name]) : undefined;
    // Models write null for what they leave out.
    const absent = value === undefined || (value === null && !typesOf(property).includes('null'));
    if (!absent) set(fitted, name, value);
    else if (isRecord(property) && property.default !== undefined && property.default !== null)
      set(fitted, name, property.default);
    else if (value === null && required.includes(name)) set(fitted, name, value);
  }
  if (open)
    for (const [name, value] of Object.entries(given))
      if (!Object.hasOwn(properties, name)) set(fitted, name, value);
  const problem = firstProblem(schema, fitted);
  if (problem !== null) throw new ToolError('arguments', problem);
  return fitted;
}

/** A plain assignment would set a prototype where a name is `__proto__`. */
function set(target: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, enumerable: true, writable: true, configurable: true });
}

function typesOf(property: unknown): readonly unknown[] {
  return isRecord(property) && property.type !== undefined ? [property.type].flat() : [];
}

function cast(property: unknown, value: unknown): unknown {
  const types = typesOf(property).filter((type) => type !== 'null');
  const [type, ...others] = types;
  if (others.length > 0) return value;
  switch (type) {
    case 'string':
      return typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
    case 'number':
    case 'integer':
      return typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value))
        ? Number(value)
        : value;
    case 'boolean':
      return castBoolean(value);
    case 'array':
      return typeof value === 'string' ? (parsed(value, Array.isArray) ?? [value]) : value;
    case 'object':
      return typeof value === 'string' ? (parsed(value, isRecord) ?? value) : value;
    default:
      return value;
  }
}

function castBoolean(value: unknown): unknown {
  if (value === 0 || value === 1) return value === 1;
  if (typeof value !== 'string') return value;
  const word = value.trim().toLowerCase();
  if (['true', 'yes', 'y', '1'].includes(word)) return true;
  if (['false', 'no', 'n', '0', ''].includes(word)) return false;
  return value;
}

function parsed(text: string, fits: (value: unknown) => boolean): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return fits(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const validators = new WeakMap<ParameterSchema, Validator>();

function firstProblem(schema: ParameterSchema, args: Arguments): string | null {
  let validator = validators.get(schema);
  if (!validator) {
    validator = new Validator(schema as Schema, '2020-12', true);
    validators.set(schema, validator);
  }
  const { valid, errors } = validator.validate(args);
  if (valid) return null;
  // The last tells the place; those before it, that something within is wrong.
  const error = errors.at(-1);
  const place = error?.instanceLocation.replace(/^#\/?/, '') ?? '';
  return place === '' ? (error?.error ?? 'they do not fit') : `${place}: ${error?.error}`;
}
