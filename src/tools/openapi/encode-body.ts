import { isRecord } from '../../config/is-record.ts';
import { ToolError } from '../tool-error.ts';
import { fromBase64, readFile } from './file-argument.ts';
import type { BodyBinding, BodyField } from './operation.ts';
import { formPairs, plainText } from './serialize.ts';

type Arguments = Readonly<Record<string, unknown>>;

export interface EncodedBody {
  readonly content: Buffer;
  readonly contentType: string;
}

/**
 * The body of a request; null: none, because nothing was given and none has to be.
 *
 * @throws ToolError `arguments` for a part of it without another that it needs, and for what the media type cannot hold
 */
export async function encodeBody(binding: BodyBinding, args: Arguments): Promise<EncodedBody | null> {
  if (binding.kind === 'whole') {
    const value = args[binding.argument];
    return value === undefined ? null : encodeWhole(binding, value);
  }
  const given = binding.fields.filter(({ argument }) => args[argument] !== undefined);
  if (given.length === 0 && !binding.required) return null;
  const missing = binding.fields.find((field) => field.required && !given.includes(field));
  if (missing !== undefined) {
    throw new ToolError('arguments', `${missing.argument}: it is needed together with ${given[0]?.argument}`);
  }
  const values = given.map((field) => [field, args[field.argument]] as const);
  switch (binding.encoding) {
    case 'form':
      return form(values.flatMap(([field, value]) => formPairs(field, value)));
    case 'multipart':
      return multipart(binding.mediaType, values);
    default:
      return json(binding.mediaType, Object.fromEntries(values.map(([{ name }, value]) => [name, value])));
  }
}

async function encodeWhole(
  { encoding, mediaType, argument }: BodyBinding & { readonly kind: 'whole' },
  value: unknown,
): Promise<EncodedBody> {
  switch (encoding) {
    case 'json':
      return json(mediaType, value);
    case 'text':
      return { content: Buffer.from(plainText(value)), contentType: withCharset(mediaType) };
    case 'base64':
      return { content: fromBase64(plainText(value), argument), contentType: mediaType };
    case 'form':
    case 'multipart': {
      if (!isRecord(value)) throw new ToolError('arguments', `${argument}: expected an object`);
      const values = Object.entries(value).map(([name, item]) => [fieldNamed(name), item] as const);
      if (encoding === 'multipart') return multipart(mediaType, values);
      return form(values.flatMap(([field, item]) => formPairs(field, item)));
    }
  }
}

/** A field that the document does not describe. */
function fieldNamed(name: string): BodyField {
  return {
    ...{ name, argument: name, style: 'form', explode: true, allowReserved: false, json: false },
    ...{ required: false, file: false, mediaType: null },
  };
}

function json(contentType: string, value: unknown): EncodedBody {
  return { content: Buffer.from(JSON.stringify(value)), contentType };
}

function form(pairs: readonly (readonly [string, string])[]): EncodedBody {
  return {
    content: Buffer.from(pairs.map((pair) => pair.join('=')).join('&')),
    contentType: 'application/x-www-form-urlencoded',
  };
}

/** Names and file names are escaped by FormData, which leaves no way to end a part. */
async function multipart(
  mediaType: string,
  values: readonly (readonly [BodyField, unknown])[],
): Promise<EncodedBody> {
  const data = new FormData();
  for (const [field, value] of values) {
    const items = Array.isArray(value) ? value : [value];
    for (const item of items) {
      if (field.file) {
        const { filename, data: bytes, mediaType } = readFile(item, field.argument, field.mediaType);
        data.append(field.name, new Blob([new Uint8Array(bytes)], { type: mediaType }), filename);
      } else {
        data.append(field.name, field.json ? JSON.stringify(item) : plainText(item));
      }
    }
  }
  const response = new Response(data);
  const content = Buffer.from(await response.arrayBuffer());
  const contentType = response.headers.get('content-type') ?? mediaType;
  // Other kinds of multipart are written in the same way.
  return {
    content,
    contentType: contentType.replace(/^multipart\/form-data/, mediaType.split(';')[0] ?? ''),
  };
}

function withCharset(mediaType: string): string {
  return /;\s*charset=/i.test(mediaType) ? mediaType : `${mediaType}; charset=utf-8`;
}
