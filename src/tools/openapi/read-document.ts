import type { Validator } from '@seriousme/openapi-schema-validator';
import { isRecord } from '../../config/is-record.ts';
import { readYaml, type YamlPath, type YamlSource } from '../../config/yaml-source.ts';
import { ToolError } from '../tool-error.ts';
import { describeInvalid } from './describe-invalid.ts';
import { isReference } from './follow-reference.ts';
import { MAX_DOCUMENT_BYTES } from './max-document-bytes.ts';
import type { OpenApiDocument } from './openapi-document.ts';

const MAX_DEPTH = 100;
/** A document that repeats itself through YAML aliases is as large as what they stand for. */
const MAX_NODES = 1_000_000;

/**
 * Reads an OpenAPI document of version 3.0 or 3.1, written as JSON or YAML. `name` is what errors call it. It may take many
 * seconds: a server has it done by `document-reader.ts`.
 *
 * @throws ToolError that names the place, e.g. `weather.yml:5:7: #/paths/~1a/get: "responses" is missing`
 */
export async function readDocument(
  source: string,
  { name, address }: { readonly name: string; readonly address: string | null },
): Promise<OpenApiDocument> {
  const fail = (reason: string, line = 1, column = 1) =>
    new ToolError('failed', `${name}:${line}:${column}: ${reason}`);
  if (Buffer.byteLength(source) > MAX_DOCUMENT_BYTES) {
    throw fail(`the document is larger than ${MAX_DOCUMENT_BYTES / 1024 ** 2} MB`);
  }
  // Positions cost a second reading; only who has made a mistake pays for it.
  let yaml: YamlSource | undefined;
  const readSlowly = () => {
    yaml ??= readYaml(source, { maxBytes: MAX_DOCUMENT_BYTES });
    return yaml;
  };
  const problem = (path: YamlPath, reason: string) => {
    const { line, column } = readSlowly().positionOfKey(path);
    const place = path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`);
    return fail(`${place.length === 0 ? '' : `#${place.join('')}: `}${reason}`, line, column);
  };

  const root = parseJson(source) ?? contentOf(readSlowly(), fail);
  if (!isRecord(root)) throw fail('expected a mapping, as OpenAPI documents are');
  checkSize(root, fail);
  const version = versionOf(root, problem);
  const result = await validate(withoutReferences(root) as Record<string, unknown>);
  if (Array.isArray(result)) {
    const { path, reason } = describeInvalid(result);
    throw problem(path, reason);
  }
  return { version, root, address, problem };
}

type Fail = (reason: string, line?: number, column?: number) => ToolError;

/** A hundred times faster than reading it as YAML, which JSON also is; undefined when it is no plain JSON object. */
function parseJson(source: string): unknown {
  if (!/^\s*\{/.test(source)) return undefined;
  try {
    return JSON.parse(source);
  } catch {
    return undefined;
  }
}

/** Names of properties like any other here, where nothing is looked up that an object does not have itself. */
const HARMLESS = /^the key "(constructor|prototype)" is not allowed$/;

function contentOf({ value, problems }: YamlSource, fail: Fail): unknown {
  const [first] = problems.filter(({ reason }) => !HARMLESS.test(reason));
  if (first !== undefined) throw fail(first.reason, first.line, first.column);
  return value;
}

/** What comes after may go through the document without looking out for its depth. */
function checkSize(root: unknown, fail: Fail): void {
  const stack: { readonly node: unknown; readonly depth: number }[] = [{ node: root, depth: 0 }];
  let nodes = 0;
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { node, depth } = next;
    if (typeof node !== 'object' || node === null) continue;
    if (depth > MAX_DEPTH) throw fail(`the document is nested more than ${MAX_DEPTH} levels deep`);
    if (Object.hasOwn(node, '__proto__')) throw fail('the key "__proto__" is not allowed');
    const children = Object.values(node);
    nodes += children.length;
    if (nodes > MAX_NODES) throw fail('the document repeats itself too often through aliases');
    for (const child of children) stack.push({ node: child, depth: depth + 1 });
  }
}

function versionOf(
  root: Readonly<Record<string, unknown>>,
  problem: OpenApiDocument['problem'],
): OpenApiDocument['version'] {
  const { openapi, swagger } = root;
  const version = typeof openapi === 'string' ? /^(3\.[01])(?:\.\d+)?$/.exec(openapi)?.[1] : undefined;
  if (version === '3.0' || version === '3.1') return version;
  if (openapi !== undefined) {
    throw problem(['openapi'], 'expected a version that is read here: "3.0.x" or "3.1.x", in quotes');
  }
  const reason =
    swagger === undefined
      ? '"openapi" is missing: this is no OpenAPI document'
      : 'Swagger 2.0 is not read; convert the document to OpenAPI 3 first';
  throw problem(swagger === undefined ? [] : ['swagger'], reason);
}

const POINTERS = /^\$(ref|id|anchor|dynamicRef|dynamicAnchor|schema)$/;

/**
 * A copy for the validator, whose own check of references can be led to write into `Object.prototype` (version 2.11.0):
 * every reference in it is one to the document itself. They are followed by `follow-reference.ts`.
 */
function withoutReferences(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withoutReferences);
  if (!isRecord(node)) return node;
  if (isReference(node)) return { $ref: '#' };
  const entries = Object.entries(node).filter(([key]) => !POINTERS.test(key));
  return Object.fromEntries(entries.map(([key, value]) => [key, withoutReferences(value)]));
}

let validator: Promise<Validator> | undefined;

/** Loaded when the first document is read: the validator and OpenAPI's schemas cost 200 ms and some MB. */
async function validate(document: Record<string, unknown>): Promise<'valid' | import('ajv').ErrorObject[]> {
  validator ??= import('@seriousme/openapi-schema-validator').then(({ Validator }) => new Validator());
  const loaded = await validator;
  const { valid, errors } = await loaded.validate(document);
  // It would keep the document in memory.
  loaded.specification = {};
  if (valid) return 'valid';
  return Array.isArray(errors) ? errors : [];
}
