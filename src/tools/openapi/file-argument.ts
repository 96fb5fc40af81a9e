import mime from 'mime';
import { isRecord } from '../../config/is-record.ts';
import { ToolError } from '../tool-error.ts';

type JsonSchema = Readonly<Record<string, unknown>>;

/** A file of a multipart form, as a model writes it: its name, and its content as text or in base64. */
export interface FileArgument {
  readonly filename: string;
  readonly data: Buffer;
  readonly mediaType: string;
}

const FILE = {
  type: 'object',
  properties: {
    filename: { type: 'string', minLength: 1, maxLength: 200 },
    text: { type: 'string', description: 'The content of a text file' },
    base64: { type: 'string', description: 'The content of any other file, in base64' },
  },
  required: ['filename'],
  additionalProperties: false,
};

/** Whether a field of a multipart form is a file, or a list of files. */
export function isFile(schema: JsonSchema, contentType: string | null): boolean {
  const inner = isRecord(schema.items) && schema.type === 'array' ? schema.items : schema;
  if (inner.format === 'binary' || typeof inner.contentMediaType === 'string') return true;
  const untyped = !['type', 'enum', 'const', 'allOf', 'anyOf', 'oneOf'].some((keyword) => keyword in inner);
  return untyped && contentType !== null && !/^text\/plain|\bjson\b/i.test(contentType);
}

/** The schema of its argument. */
export function fileArgument(schema: JsonSchema): JsonSchema {
  const about = typeof schema.description === 'string' ? { description: schema.description } : {};
  return schema.type === 'array' ? { type: 'array', items: FILE, ...about } : { ...FILE, ...about };
}

/** @throws ToolError `arguments` */
export function readFile(value: unknown, argument: string, mediaType: string | null): FileArgument {
  if (!isRecord(value) || typeof value.filename !== 'string') {
    throw new ToolError('arguments', `${argument}: expected an object with filename, and text or base64`);
  }
  const { text, base64 } = value;
  if ((typeof text === 'string') === (typeof base64 === 'string')) {
    throw new ToolError('arguments', `${argument}: expected either text or base64`);
  }
  // A name, not a way to somewhere else on the server.
  const filename =
    value.filename
      .split(/[\\/]/)
      .at(-1)
      ?.replace(/\p{Cc}/gu, '') || 'file';
  return {
    filename,
    data: typeof text === 'string' ? Buffer.from(text) : fromBase64(String(base64), argument),
    mediaType: mediaType ?? mime.getType(filename) ?? (typeof text === 'string' ? 'text/plain' : BYTES),
  };
}

const BYTES = 'application/octet-stream';

/** @throws ToolError `arguments` */
export function fromBase64(text: string, argument: string): Buffer {
  const compact = text.replace(/\s/g, '');
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(compact)) {
    throw new ToolError('arguments', `${argument}: expected base64`);
  }
  return Buffer.from(compact, 'base64');
}
