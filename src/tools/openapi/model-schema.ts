import { isRecord } from '../../config/is-record.ts';
import type { YamlPath } from '../../config/yaml-source.ts';
import { followReference, isReference, lookUp } from './follow-reference.ts';
import type { Located, OpenApiDocument } from './openapi-document.ts';

type JsonSchema = Readonly<Record<string, unknown>>;

/** Levels of one schema that are written out: the first of these with which it stays within its budget. */
const LEVELS = [12, 8, 5, 3, 2, 1];
/** References to references. */
const MAX_REFERENCES = 12;
/** Schemas within one schema. */
const MAX_SCHEMAS = 250;
const MAX_DESCRIPTION = 500;
/** Of an `enum`; longer ones are left to the server. */
const MAX_VALUES = 500;

/** How many schemas may still be written out for an operation. Each of its parameters gets its own outermost one. */
export interface SchemaBudget {
  left: number;
}

/**
 * A schema of a document as JSON Schema 2020-12 without references, for requests: what is read only is left out, and so
 * is what models do not read (`example`, `xml`, `discriminator`). A schema within itself ends open, with no more than its
 * type and words, and so does what lies too deep or is too much for a model.
 *
 * @throws ToolError for a reference that cannot be followed
 */
export function modelSchema(document: OpenApiDocument, schema: Located, budget: SchemaBudget): JsonSchema {
  const most = Math.min(budget.left, MAX_SCHEMAS);
  for (const levels of LEVELS) {
    const writer = new SchemaWriter(document, most, levels);
    const written = writer.write(schema.node, { path: schema.path, within: [], level: 0 });
    if (writer.left < 0 && levels !== LEVELS.at(-1)) continue;
    budget.left -= most - Math.max(writer.left, 0);
    return written;
  }
  return {};
}

/** Whether a property is only in answers. */
export function isReadOnly(document: OpenApiDocument, schema: Located): boolean {
  const { node } = followReference(document, schema);
  return isRecord(node) && node.readOnly === true;
}

/** Where a schema stands. */
interface Place {
  readonly path: YamlPath;
  /** The references that led here. */
  readonly within: readonly string[];
  /** How many schemas it is in. */
  readonly level: number;
}

class SchemaWriter {
  left: number;
  readonly #document: OpenApiDocument;
  readonly #levels: number;

  constructor(document: OpenApiDocument, most: number, levels: number) {
    this.left = most;
    this.#document = document;
    this.#levels = levels;
  }

  write(node: unknown, place: Place): JsonSchema {
    if (node === false) return { not: {} };
    if (!isRecord(node)) return {};
    this.left--;
    const { level, within } = place;
    if (level > 0 && (level >= this.#levels || this.left < 0 || within.length > MAX_REFERENCES))
      return this.#outline(node, place.path);
    if (isReference(node)) return this.#writeReference(node, place);
    const written: Record<string, unknown> = {};
    for (const [keyword, value] of Object.entries(node)) {
      const kept = this.#keyword(keyword, value, { ...place, path: [...place.path, keyword] });
      if (kept !== undefined) written[keyword] = kept;
    }
    if (this.#document.version === '3.0') bringUpToDate(node, written);
    if (Array.isArray(written.required)) this.#dropReadOnly(node, place.path, written);
    // The names that patterns allow are not kept: what is forbidden beside them would forbid these too.
    if (node.patternProperties !== undefined) delete written.additionalProperties;
    if (!defaultFits(written)) delete written.default;
    return written.nullable === true ? orNull(written) : written;
  }

  #writeReference(
    node: { readonly $ref: string } & Readonly<Record<string, unknown>>,
    place: Place,
  ): JsonSchema {
    const { $ref, nullable, default: initial, ...siblings } = node;
    const target = lookUp(this.#document, $ref, [...place.path, '$ref']);
    const own = this.write(siblings, place);
    const written = place.within.includes($ref)
      ? this.#outline(target.node, target.path)
      : this.write(target.node, { ...place, path: target.path, within: [...place.within, $ref] });
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

  /** A schema without those in it. */
  #outline(start: unknown, path: YamlPath): JsonSchema {
    const { node } = followReference(this.#document, { node: start, path });
    if (!isRecord(node)) return {};
    const kept = ['type', 'title', 'description', 'format', 'nullable'].flatMap((keyword) => {
      const value = plain[keyword]?.(node[keyword]);
      return value === undefined ? [] : [[keyword, value]];
    });
    const outline: JsonSchema = Object.fromEntries(kept);
    return outline.nullable === true ? orNull(outline) : outline;
  }

  /** The value of a keyword as it is kept; undefined: it is left out, also when its value makes no sense. */
  #keyword(keyword: string, value: unknown, { path, within, level }: Place): unknown {
    if (Object.hasOwn(plain, keyword)) return plain[keyword]?.(value);
    const write = (node: unknown, ...steps: YamlPath) =>
      this.write(node, { path: [...path, ...steps], within, level: level + 1 });
    if (SCHEMAS.has(keyword)) {
      if (typeof value === 'boolean') return value;
      return isRecord(value) ? write(value) : undefined;
    }
    if (LISTS.has(keyword)) {
      if (!Array.isArray(value) || value.length === 0) return undefined;
      return value.map((item, index) => write(item, index));
    }
    if (!MAPS.has(keyword) || !isRecord(value)) return undefined;
    const entries: [string, JsonSchema][] = [];
    for (const [name, schema] of Object.entries(value)) {
      // Of an object with more properties than anybody reads, the rest may be given all the same.
      if (this.left < 0) break;
      const readOnly =
        keyword === 'properties' && isReadOnly(this.#document, { node: schema, path: [...path, name] });
      if (!readOnly) entries.push([name, write(schema, name)]);
    }
    return Object.fromEntries(entries);
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
  pattern: (value) => (typeof value === 'string' && isPattern(value) ? value : undefined),
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

/** Many are written for other languages, or without the flag that JSON Schema wants. */
function isPattern(text: string): boolean {
  try {
    return new RegExp(text, 'u') !== null;
  } catch {
    return false;
  }
}

function clipped(text: string): string {
  return text.length > MAX_DESCRIPTION ? `${text.slice(0, MAX_DESCRIPTION - 1)}…` : text;
}
