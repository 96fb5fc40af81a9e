import { isRecord } from '../../config/is-record.ts';
import type { YamlPath } from '../../config/yaml-source.ts';
import { followReference, isReference, lookUp } from './follow-reference.ts';
import { isPlainPattern } from './is-plain-pattern.ts';
import type { Located, OpenApiDocument } from './openapi-document.ts';

type JsonSchema = Readonly<Record<string, unknown>>;

/** What is deeper is left open: no model fills it in. */
const MAX_DEPTH = 12;
const MAX_DESCRIPTION = 500;
/** Of an `enum`; longer ones are left to the server. */
const MAX_VALUES = 500;

/** How many schemas may still be written out, so that references to references cannot multiply without end. */
export interface SchemaBudget {
  left: number;
}

/**
 * A schema of a document as JSON Schema 2020-12 without references, for requests: what is read only is left out, and so
 * is what models do not read (`example`, `xml`, `discriminator`). A schema within itself, and what is too deep or too
 * much, ends in a schema that takes anything.
 *
 * @throws ToolError for a reference that cannot be followed
 */
export function modelSchema(document: OpenApiDocument, schema: Located, budget: SchemaBudget): JsonSchema {
  return new SchemaWriter(document, budget).write(schema.node, schema.path, []);
}

/** Whether a property is only in answers. */
export function isReadOnly(document: OpenApiDocument, schema: Located): boolean {
  const { node } = followReference(document, schema);
  return isRecord(node) && node.readOnly === true;
}

class SchemaWriter {
  readonly #document: OpenApiDocument;
  readonly #budget: SchemaBudget;

  constructor(document: OpenApiDocument, budget: SchemaBudget) {
    this.#document = document;
    this.#budget = budget;
  }

  /** `within`: the references that led here. */
  write(node: unknown, path: YamlPath, within: readonly string[]): JsonSchema {
    if (node === false) return { not: {} };
    if (!isRecord(node)) return {};
    if (path.length > MAX_PATH || within.length > MAX_DEPTH || this.#budget.left-- <= 0) return opened(node);
    if (isReference(node)) return this.#writeReference(node, path, within);
    const written: Record<string, unknown> = {};
    for (const [keyword, value] of Object.entries(node)) {
      const kept = this.#keyword(keyword, value, [...path, keyword], within);
      if (kept !== undefined) written[keyword] = kept;
    }
    if (this.#document.version === '3.0') bringUpToDate(node, written);
    if (Array.isArray(written.required)) this.#dropReadOnly(node, path, written);
    // The names that patterns allow are not kept: what is forbidden beside them would forbid these too.
    if (node.patternProperties !== undefined) delete written.additionalProperties;
    if (!defaultFits(written)) delete written.default;
    return written.nullable === true ? orNull(written) : written;
  }

  #writeReference(
    node: { readonly $ref: string } & Readonly<Record<string, unknown>>,
    path: YamlPath,
    within: readonly string[],
  ): JsonSchema {
    const { $ref, ...siblings } = node;
    const target = lookUp(this.#document, $ref, [...path, '$ref']);
    const { nullable, default: initial, ...rest } = siblings;
    const own = this.write(rest, path, within);
    if (within.includes($ref)) return { ...(isRecord(target.node) && opened(target.node)), ...aboutOf(own) };
    const written = this.write(target.node, target.path, [...within, $ref]);
    const onlyWords = Object.keys(own).every((keyword) => keyword === 'title' || keyword === 'description');
    // Beside a $ref, OpenAPI 3.0 has nothing but words.
    const joined =
      onlyWords || this.#document.version === '3.0'
        ? { ...written, ...aboutOf(own) }
        : { allOf: [written, own] };
    const whole = nullable === true ? orNull(joined) : joined;
    return initial !== undefined && defaultFits({ ...whole, default: initial })
      ? { ...whole, default: initial }
      : whole;
  }

  /** The value of a keyword as it is kept; undefined: it is left out, also when its value makes no sense. */
  #keyword(keyword: string, value: unknown, path: YamlPath, within: readonly string[]): unknown {
    if (Object.hasOwn(plain, keyword)) return plain[keyword]?.(value);
    if (SCHEMAS.has(keyword)) {
      if (typeof value === 'boolean') return value;
      return isRecord(value) ? this.write(value, path, within) : undefined;
    }
    if (LISTS.has(keyword)) {
      if (!Array.isArray(value) || value.length === 0) return undefined;
      return value.map((item, index) => this.write(item, [...path, index], within));
    }
    if (!MAPS.has(keyword) || !isRecord(value)) return undefined;
    const entries = Object.entries(value).filter(
      ([name, schema]) =>
        keyword !== 'properties' || !isReadOnly(this.#document, { node: schema, path: [...path, name] }),
    );
    return Object.fromEntries(
      entries.map(([name, schema]) => [name, this.write(schema, [...path, name], within)]),
    );
  }

  #dropReadOnly(node: JsonSchema, path: YamlPath, written: Record<string, unknown>): void {
    const { properties } = node;
    if (!isRecord(properties)) return;
    written.required = (written.required as string[]).filter((name) => {
      const schema = Object.hasOwn(properties, name) ? properties[name] : undefined;
      return !isReadOnly(this.#document, { node: schema, path: [...path, 'properties', name] });
    });
  }
}

/** Levels of one schema, each of which is two or three steps of its path. */
const MAX_PATH = 60;

const SCHEMAS = new Set([
  ...['items', 'contains', 'additionalProperties', 'propertyNames', 'not', 'if', 'then', 'else'],
]);
const LISTS = new Set(['allOf', 'anyOf', 'oneOf', 'prefixItems']);
const MAPS = new Set(['properties', 'dependentSchemas']);
const TYPES = new Set(['null', 'boolean', 'object', 'array', 'number', 'string', 'integer']);
/** Only those that the check of arguments knows and that are cheap to check, and those that say something to a model. */
const FORMATS = new Set([
  ...['date', 'date-time', 'time', 'duration', 'email', 'uuid', 'ipv4', 'ipv6', 'uri'],
  ...['int32', 'int64', 'float', 'double', 'byte', 'binary', 'password'],
]);

const number = (value: unknown) => (Number.isFinite(value) ? value : undefined);
const count = (value: unknown) => (Number.isSafeInteger(value) && (value as number) >= 0 ? value : undefined);
const words = (value: unknown) =>
  typeof value === 'string' && value.trim() !== '' ? clipped(value) : undefined;
const flag = (value: unknown) => (value === true ? true : undefined);
const names = (value: unknown) => {
  const found = Array.isArray(value) ? value.filter((name) => typeof name === 'string') : [];
  return found.length > 0 ? found : undefined;
};

/** Keywords whose values hold no schemas. */
const plain: Readonly<Record<string, (value: unknown) => unknown>> = {
  title: words,
  description: words,
  default: (value) => value,
  const: (value) => value,
  enum: (value) =>
    Array.isArray(value) && value.length > 0 && value.length <= MAX_VALUES ? value : undefined,
  type: (value) => {
    const types = [value].flat();
    return types.length > 0 && types.every((type) => TYPES.has(type as string)) ? value : undefined;
  },
  format: (value) => (value === 'url' ? 'uri' : FORMATS.has(value as string) ? value : undefined),
  pattern: (value) => (typeof value === 'string' && isPlainPattern(value) ? value : undefined),
  multipleOf: (value) => (Number.isFinite(value) && (value as number) > 0 ? value : undefined),
  minimum: number,
  maximum: number,
  exclusiveMinimum: number,
  exclusiveMaximum: number,
  ...{ minLength: count, maxLength: count, minItems: count, maxItems: count, minContains: count },
  ...{ maxContains: count, minProperties: count, maxProperties: count },
  uniqueItems: flag,
  nullable: flag,
  required: names,
  contentEncoding: words,
  contentMediaType: words,
};

/** From the dialect of OpenAPI 3.0: bounds that are exclusive by a flag. */
function bringUpToDate(node: JsonSchema, written: Record<string, unknown>): void {
  for (const [bound, exclusive] of [
    ['minimum', 'exclusiveMinimum'],
    ['maximum', 'exclusiveMaximum'],
  ] as const) {
    if (node[exclusive] !== true || written[bound] === undefined) continue;
    written[exclusive] = written[bound];
    delete written[bound];
  }
}

function orNull({ nullable: _, ...schema }: JsonSchema): JsonSchema {
  const { type, enum: values } = schema;
  if (type === undefined) {
    const limits = ['enum', 'const', 'allOf', 'anyOf', 'oneOf'].some((keyword) => keyword in schema);
    if (!limits) return schema;
    return { ...aboutOf(schema), anyOf: [schema, { type: 'null' }] };
  }
  const withNull = Array.isArray(values) && !values.includes(null) ? { enum: [...values, null] } : {};
  return { ...schema, ...withNull, type: [...new Set([type, 'null'].flat())] };
}

/** What takes anything, with the words of `node`. */
function opened({ title, description }: JsonSchema): JsonSchema {
  return aboutOf({ title: words(title), description: words(description) });
}

function aboutOf({ title, description }: JsonSchema): JsonSchema {
  return { ...(title !== undefined && { title }), ...(description !== undefined && { description }) };
}

/** Defaults are filled in without being asked for: one that is wrong would fail every call. */
function defaultFits({ default: value, type, enum: values }: JsonSchema): boolean {
  if (Array.isArray(values) && !values.includes(value)) return false;
  const types = [type].flat();
  if (type === undefined || types.length === 0) return true;
  const own = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
  return types.includes(own) || (types.includes('integer') && Number.isInteger(value));
}

function clipped(text: string): string {
  return text.length > MAX_DESCRIPTION ? `${text.slice(0, MAX_DESCRIPTION - 1)}…` : text;
}
