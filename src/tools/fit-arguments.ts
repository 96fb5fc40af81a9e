import { isRecord } from '../config/is-record.ts';
import { schemaProblem } from './schema-problem.ts';
import type { ParameterSchema } from './tool.ts';
import { ToolError } from './tool-error.ts';

type Arguments = Readonly<Record<string, unknown>>;

/** Where a schema may name parameters besides its `properties`. */
const ELSEWHERE = ['$ref', 'allOf', 'anyOf', 'oneOf', 'if', 'patternProperties', 'dependentSchemas'];

/**
 * Arguments as a tool takes them: defaults filled in, values brought to the types that the schema names where they plainly
 * say them (`facts/dify-dsl-engine.md` §9.2, casting), and checked. What the schema does not know is left out. Values
 * within values are checked, but left as they are.
 *
 * @throws ToolError `arguments`; `failed` when the schema cannot be used
 */
export function fitArguments(schema: ParameterSchema, given: Arguments): Arguments {
  const properties = isRecord(schema.properties) ? schema.properties : {};
  const required = Array.isArray(schema.required) ? schema.required : [];
  const { additionalProperties } = schema;
  const open =
    additionalProperties === undefined
      ? ELSEWHERE.some((key) => key in schema)
      : additionalProperties !== false;
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
  const problem = schemaProblem(schema, fitted);
  if (problem !== null) throw new ToolError('arguments', problem);
  return fitted;
}

/** A plain assignment would set a prototype where a name is `__proto__`. */
function set(target: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, enumerable: true, writable: true, configurable: true });
}

/** Also of `anyOf: [{ type: integer }, { type: 'null' }]`, as an optional parameter is written by Pydantic. */
function typesOf(property: unknown): readonly unknown[] {
  if (!isRecord(property)) return [];
  if (property.type !== undefined) return [property.type].flat();
  const choices = property.anyOf ?? property.oneOf;
  return Array.isArray(choices)
    ? choices.flatMap((choice) => (isRecord(choice) ? [choice.type].flat() : []))
    : [];
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
