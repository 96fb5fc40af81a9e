import * as z from 'zod';
import type { RunFile } from '../../runs/run-file.ts';
import { parameterError } from './coze-error.ts';
import { decimalId } from './ids.ts';
import { list, optional, optionalId, optionalText, text } from './schema.ts';

/** What a message says: its text, and files by id or address. */
export interface Content {
  readonly text: string;
  readonly parts: readonly FilePart[];
}

export interface FilePart {
  readonly type: 'file' | 'image' | 'audio';
  /** Of an upload, as on the wire. */
  readonly fileId: string | null;
  readonly url: string | null;
}

/** Of one message; a bot's own limit is lower. */
export const MAX_PARTS = 1000;

const objectString = list(
  z.object({
    type: z.enum(['text', 'file', 'image', 'audio']),
    text: optional(text()),
    file_id: optionalId,
    file_url: optionalText(),
  }),
  { max: MAX_PARTS },
);

/**
 * Reads `content` by its `content_type` (`facts/coze-wire.md` §9.5, object_string).
 *
 * @throws CozeError 4000 telling what is wrong with it
 */
export function readContent(content: string, contentType: 'text' | 'object_string'): Content {
  if (contentType === 'text') return { text: content, parts: [] };
  const result = objectString.safeParse(readJson(content));
  if (!result.success) {
    const [issue] = result.error.issues;
    throw parameterError(`content: ${issue?.path.join('.') ?? ''} ${issue?.message ?? 'invalid'}`);
  }
  const texts = result.data.filter(({ type }) => type === 'text');
  if (texts.length > 1) throw parameterError('content has more than one text.');
  const parts = result.data.flatMap(({ type, file_id, file_url }): FilePart[] => {
    if (type === 'text') return [];
    if (file_id === undefined && file_url === undefined)
      throw parameterError(`content: ${type} needs file_id or file_url.`);
    return [{ type, fileId: file_id ?? null, url: file_id === undefined ? (file_url ?? null) : null }];
  });
  if (texts.length + parts.length === 0) throw parameterError('content is empty.');
  return { text: texts[0]?.text ?? '', parts };
}

function readJson(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    throw parameterError('content is no JSON, which object_string is.');
  }
}

/** A stored message as `content` and `content_type`. */
export function writeContent(
  said: string,
  files: readonly RunFile[],
): { readonly content: string; readonly content_type: 'text' | 'object_string' } {
  if (files.length === 0) return { content: said, content_type: 'text' };
  const parts = files.map(({ type, uploadId, url }) => ({
    type: type === 'image' || type === 'audio' ? type : 'file',
    ...(uploadId === null ? { file_url: url } : { file_id: decimalId(uploadId) }),
  }));
  const content = JSON.stringify(said === '' ? parts : [{ type: 'text', text: said }, ...parts]);
  return { content, content_type: 'object_string' };
}
