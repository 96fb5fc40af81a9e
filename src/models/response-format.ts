import { invalidParam } from '../errors.ts';

/** Form of the answer that an app demands, read from its completion parameters. */
export type ResponseFormat =
  | { readonly kind: 'text' }
  | { readonly kind: 'json' }
  | {
      readonly kind: 'schema';
      readonly name: string;
      readonly schema: Readonly<Record<string, unknown>>;
      readonly strict?: boolean;
      readonly description?: string;
    };

/**
 * Dify's `response_format` is one word (`text`, `json_object`, `json_schema`; some plugins write `JSON`), and
 * `json_schema` beside it is a string: `{"name","schema","strict"}` or a bare schema. OpenAI's own objects are read
 * too. Null: the app demands nothing.
 */
export function responseFormat(params: Readonly<Record<string, unknown>>): ResponseFormat | null {
  const wanted = params.response_format;
  if (wanted !== null && typeof wanted === 'object') {
    const object = wanted as { type?: unknown; json_schema?: unknown };
    return byName(String(object.type ?? ''), object.json_schema ?? params.json_schema);
  }
  return typeof wanted === 'string' ? byName(wanted, params.json_schema) : null;
}

function byName(word: string, schema: unknown): ResponseFormat | null {
  switch (word.toLowerCase()) {
    case 'text':
      return { kind: 'text' };
    case 'json':
    case 'json_object':
      return { kind: 'json' };
    case 'json_schema':
      return schema === undefined || schema === null || schema === '' ? { kind: 'json' } : readSchema(schema);
    default:
      return null;
  }
}

function readSchema(source: unknown): ResponseFormat {
  let value = source;
  if (typeof source === 'string') {
    try {
      value = JSON.parse(source);
    } catch {
      throw invalidParam(`not correct json_schema format: ${source.slice(0, 200)}`);
    }
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw invalidParam('not correct json_schema format: an object is needed');
  }
  const record = value as Record<string, unknown>;
  const inner = record.schema;
  if (inner === null || typeof inner !== 'object')
    return { kind: 'schema', name: 'response', schema: record };
  return {
    kind: 'schema',
    name: typeof record.name === 'string' ? record.name : 'response',
    schema: inner as Record<string, unknown>,
    ...(typeof record.strict === 'boolean' ? { strict: record.strict } : {}),
    ...(typeof record.description === 'string' ? { description: record.description } : {}),
  };
}
