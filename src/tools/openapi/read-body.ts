import { isRecord } from '../../config/is-record.ts';
import { fileArgument, isFile } from './file-argument.ts';
import { followReference } from './follow-reference.ts';
import { modelSchema, type SchemaBudget } from './model-schema.ts';
import { type ObjectShape, objectShape } from './object-shape.ts';
import type { Located, OpenApiDocument } from './openapi-document.ts';
import type { BodyBinding, BodyEncoding, BodyField, Serialization } from './operation.ts';

type Json = Readonly<Record<string, unknown>>;

export interface ReadBody {
  readonly binding: BodyBinding;
  readonly properties: Json;
  readonly required: readonly string[];
}

interface Given {
  readonly budget: SchemaBudget;
  readonly argument: (wanted: string, suffix?: string) => string;
}

/** What an operation sends besides its parameters; null: nothing. Of several media types, the one that says most. */
export function readBody(
  document: OpenApiDocument,
  operation: Located & { readonly node: Json },
  given: Given,
): ReadBody | null {
  if (operation.node.requestBody === undefined) return null;
  const body = followReference(document, {
    node: operation.node.requestBody,
    path: [...operation.path, 'requestBody'],
  });
  if (!isRecord(body.node) || !isRecord(body.node.content)) return null;
  const [range] = Object.keys(body.node.content).toSorted((a, b) => rank(a) - rank(b));
  if (range === undefined) return null;
  const node = body.node.content[range];
  const media = { node: isRecord(node) ? node : {}, path: [...body.path, 'content', range] };
  const encoding = encodingOf(range);
  const mediaType = range.includes('*') ? (TYPE_OF_RANGE[encoding] ?? range) : range;
  const required = body.node.required === true;
  const schema = { node: media.node.schema, path: [...media.path, 'schema'] };
  const shape = encoding === 'text' || encoding === 'base64' ? null : objectShape(document, schema);
  if (shape !== null) return readFields(document, media, shape, { ...given, mediaType, encoding, required });
  const argument = given.argument('body', 'body');
  const description = typeof body.node.description === 'string' ? body.node.description.slice(0, 500) : null;
  const about = description === null ? {} : { description };
  const written =
    encoding === 'text' || encoding === 'base64'
      ? textSchema(encoding, mediaType)
      : modelSchema(document, schema, given.budget);
  return {
    binding: { kind: 'whole', argument, mediaType, encoding },
    properties: { [argument]: { ...written, ...about } },
    required: required ? [argument] : [],
  };
}

function readFields(
  document: OpenApiDocument,
  media: { readonly node: Json; readonly path: Located['path'] },
  shape: ObjectShape,
  given: Given & {
    readonly mediaType: string;
    readonly encoding: BodyEncoding;
    readonly required: boolean;
  },
): ReadBody {
  const { encoding, mediaType, required, budget } = given;
  const encodings = isRecord(media.node.encoding) ? media.node.encoding : {};
  const properties: [string, unknown][] = [];
  const fields: BodyField[] = [];
  for (const [name, schema] of shape.properties) {
    const argument = given.argument(name, 'body');
    const own = Object.hasOwn(encodings, name) && isRecord(encodings[name]) ? encodings[name] : {};
    const contentType = typeof own.contentType === 'string' ? own.contentType : null;
    const written = modelSchema(document, schema, budget);
    const file = encoding === 'multipart' && isFile(written, contentType);
    properties.push([argument, file ? fileArgument(written) : written]);
    fields.push({
      argument,
      required: shape.required.has(name),
      file,
      mediaType: contentType !== null && /^[\w.+-]+\/[\w.+-]+$/.test(contentType) ? contentType : null,
      ...serialization(name, own, contentType),
    });
  }
  return {
    binding: { kind: 'fields', mediaType, encoding, fields, required },
    properties: Object.fromEntries(properties),
    required: required ? fields.filter((field) => field.required).map(({ argument }) => argument) : [],
  };
}

/** How a field stands in a form. */
function serialization(name: string, encoding: Json, contentType: string | null): Serialization {
  const { style, explode } = encoding;
  const known = (['form', 'spaceDelimited', 'pipeDelimited', 'deepObject'] as const).find((s) => s === style);
  return {
    name,
    style: known ?? 'form',
    explode: typeof explode === 'boolean' ? explode : known === undefined || known === 'form',
    allowReserved: encoding.allowReserved === true,
    json: contentType !== null && /\bjson\b/i.test(contentType),
  };
}

function rank(mediaType: string): number {
  return ['json', 'form', 'multipart', 'text', 'base64'].indexOf(encodingOf(mediaType));
}

function encodingOf(mediaType: string): BodyEncoding {
  const [type = ''] = mediaType.toLowerCase().split(';');
  if (/[/+]json$/.test(type.trim()) || type === '*/*') return 'json';
  if (type === 'application/x-www-form-urlencoded') return 'form';
  if (type.startsWith('multipart/')) return 'multipart';
  return /^text\/|[/+](xml|yaml|graphql|javascript|x-ndjson)$/.test(type) ? 'text' : 'base64';
}

/** What is sent where the document only names a range, such as `text/*`. */
const TYPE_OF_RANGE: Partial<Record<BodyEncoding, string>> = {
  json: 'application/json',
  text: 'text/plain',
  base64: 'application/octet-stream',
};

function textSchema(encoding: 'text' | 'base64', mediaType: string): Json {
  return encoding === 'base64'
    ? { type: 'string', contentEncoding: 'base64', description: `The ${mediaType} to send, in base64` }
    : { type: 'string', description: `The ${mediaType} to send, as text` };
}
