import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

/**
 * The published OpenAPI document of the Service API. It stays outside the project; without it these checks pass, and
 * one test is skipped to say so. A document that is named must be there.
 */
const NAMED = process.env.PARLEY_TEST_DIFY_SPEC;
const FILE = NAMED
  ? resolve(NAMED)
  : resolve(import.meta.dirname, '../../../../shared/specs/dify-service-api.json');

interface Schema {
  readonly [keyword: string]: unknown;
}

interface Document {
  readonly paths: Record<string, Record<string, { readonly responses: Record<string, Schema> }>>;
  readonly components: { readonly schemas: Record<string, Schema> };
}

const FORMATS = {
  uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  decimal: /^-?\d+(\.\d+)?$/,
  byte: /^[A-Za-z0-9+/]*={0,2}$/,
};

const document: Document | null =
  NAMED || existsSync(FILE) ? (withNulls(JSON.parse(readFileSync(FILE, 'utf8'))) as Document) : null;
const ajv = new Ajv2020({
  strict: false,
  validateFormats: true,
  logger: false,
  formats: FORMATS,
  allErrors: true,
});
if (document) ajv.addSchema(document, 'dify');
const compiled = new Map<string, ValidateFunction>();

/** Whether the document is there, for tests that have nothing to check without it. */
export const hasDifySpec = document !== null;

/** What is wrong with `value` by the schema of that name; empty when nothing is. */
export function schemaProblems(name: string, value: unknown): string[] {
  return document ? problems(`dify#/components/schemas/${name}`, value) : [];
}

/**
 * What is wrong with a JSON answer of an operation, e.g. `responseProblems('get', '/messages', 200, body)`. An error
 * must be one of those that the document shows for this operation and status.
 */
export function responseProblems(method: string, path: string, status: number, value: unknown): string[] {
  if (!document) return [];
  const response = document.paths[path]?.[method.toLowerCase()]?.responses[String(status)];
  if (!response) return [`${method} ${path} ${status} is not documented`];
  if (status >= 400) return errorProblems(response, status, value);
  const place =
    typeof response.$ref === 'string'
      ? response.$ref.slice(2).split('/')
      : ['paths', path, method.toLowerCase(), 'responses', String(status)];
  const pointer = [...place, 'content', 'application/json', 'schema'];
  const named = (response.content as Record<string, { schema: Schema }> | undefined)?.['application/json']
    ?.schema;
  const missing = [...properties(named ?? {})]
    .filter((name) => typeof value === 'object' && value !== null && !(name in value))
    .map((name) => `${name} is missing`);
  return [...problems(`dify#/${pointer.map(escapePointer).join('/')}`, value), ...missing];
}

/** Errors have examples and no schema: fields as there, of their types, with a code that one of them has. */
function errorProblems(response: Schema, status: number, value: unknown): string[] {
  const content = response.content as Record<string, { examples?: Record<string, { value: unknown }> }>;
  const examples = Object.values(content['application/json']?.examples ?? {}).map((example) => example.value);
  if (examples.length === 0) return ['the document has no example of this error'];
  const shapes = examples.map((example) => ({
    type: 'object',
    properties: Object.fromEntries(
      Object.entries(example as object).map(([name, shown]) => [
        name,
        name === 'code' ? { const: shown } : name === 'status' ? { const: status } : { type: typeof shown },
      ]),
    ),
    required: Object.keys(example as object),
    additionalProperties: false,
  }));
  if (shapes.some((shape) => ajv.validate(shape, value))) return [];
  const codes = shapes.map(({ properties }) => (properties.code as { const?: unknown } | undefined)?.const);
  return [`${JSON.stringify(value)} is not one of the documented errors: ${[...new Set(codes)].join(', ')}`];
}

/**
 * What is wrong with the events of a stream: each by the schema that its `event` names in the discriminator of
 * `ChunkChatEvent` or its like. The document requires no property, so a documented one that is missing
 * is a problem here too, unless `absent` names it.
 */
export function streamProblems(
  union: 'ChunkChatEvent' | 'ChunkWorkflowEvent' | 'ChunkCompletionEvent',
  events: readonly Record<string, unknown>[],
  absent: readonly string[] = ['error.task_id'],
): string[] {
  if (!document) return [];
  const { mapping } = (document.components.schemas[union] as Schema).discriminator as {
    mapping: Record<string, string>;
  };
  return events.flatMap((event) => {
    const kind = String(event.event);
    const ref = mapping[kind];
    if (!ref) return [`${kind}: not an event of ${union}`];
    const missing = [...properties({ $ref: ref })]
      .filter((name) => !(name in event) && !absent.includes(`${kind}.${name}`))
      .map((name) => `${kind}: ${name} is missing`);
    return [...problems(`dify${ref}`, event).map((problem) => `${kind}: ${problem}`), ...missing];
  });
}

function problems(ref: string, value: unknown): string[] {
  let validate = compiled.get(ref);
  if (!validate) {
    validate = ajv.compile({ $ref: ref });
    compiled.set(ref, validate);
  }
  if (validate(value)) return [];
  return (validate.errors ?? []).map((error) => `${error.instancePath || '/'} ${error.message ?? ''}`);
}

/** Names that a schema documents at its top, through `$ref` and `allOf`. */
function properties(schema: Schema): Set<string> {
  const names = new Set(Object.keys((schema.properties as object | undefined) ?? {}));
  if (typeof schema.$ref === 'string') {
    const target = document?.components.schemas[schema.$ref.split('/').at(-1) ?? ''];
    for (const name of target ? properties(target) : []) names.add(name);
  }
  for (const part of (schema.allOf as readonly Schema[] | undefined) ?? []) {
    for (const name of properties(part)) names.add(name);
  }
  return names;
}

/**
 * `nullable: true` of OpenAPI 3.0 in the words of JSON Schema; and `oneOf` as `anyOf`, because the document's branches
 * require nothing, so that a value of one fits them all.
 */
function withNulls(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withNulls);
  if (typeof node !== 'object' || node === null) return node;
  const copy = Object.fromEntries(
    Object.entries(node).map(([key, value]) => [key === 'oneOf' ? 'anyOf' : key, withNulls(value)]),
  );
  if (copy.nullable !== true) return copy;
  delete copy.nullable;
  return { anyOf: [copy, { type: 'null' }] };
}

function escapePointer(part: string): string {
  return encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'));
}
