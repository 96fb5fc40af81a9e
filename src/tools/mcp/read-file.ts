import mime from 'mime';
import { ToolError } from '../tool-error.ts';
import type { ToolPart } from '../tool-part.ts';

export interface FileNotes {
  readonly tool: string;
  /** As the server says. */
  readonly mimeType: unknown;
  /** What it must be by the place where it stands. */
  readonly family?: 'image' | 'audio';
  /** Of an embedded resource, whose last segment is its name. */
  readonly uri?: unknown;
}

const BINARY = 'application/octet-stream';

/**
 * A file that stands in an answer as base64 text; null when there is none.
 *
 * @throws ToolError when it has more than `room` bytes, or is no base64
 */
export function readFile(data: unknown, notes: FileNotes, room: number): ToolPart | null {
  if (typeof data !== 'string') return null;
  // Counted before it is decoded; line ends and padding are too few to matter.
  if (data.length * 0.74 > room)
    throw new ToolError('failed', 'the tool answered with files that are too large');
  const text = data.replace(/[\r\n]/g, '');
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(text))
    throw new ToolError('failed', 'the tool answered with a file that is not base64');
  const mimeType = mimeTypeOf(notes);
  return { kind: 'file', data: Buffer.from(text, 'base64'), mimeType, filename: filenameOf(notes, mimeType) };
}

/** What does not fit its place is of no known type: an `image` of type text/html would be a page. */
function mimeTypeOf({ mimeType, family }: FileNotes): string {
  const type = typeof mimeType === 'string' ? (mimeType.split(';')[0] ?? '').trim().toLowerCase() : '';
  if (type.length > 100 || !/^[a-z0-9][a-z0-9!#$&^_.+-]*\/[a-z0-9][a-z0-9!#$&^_.+-]*$/.test(type))
    return BINARY;
  return family === undefined || type.startsWith(`${family}/`) ? type : BINARY;
}

function filenameOf({ tool, uri }: FileNotes, mimeType: string): string {
  const path = typeof uri === 'string' ? (URL.parse(uri)?.pathname ?? '') : '';
  const named = safeName(decoded(path.slice(path.lastIndexOf('/') + 1)));
  if (/[^.]\.[^.]/.test(named)) return named;
  const extension = mime.getExtension(mimeType) ?? 'bin';
  return `${named || safeName(tool) || 'file'}.${extension}`;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function safeName(text: string): string {
  return text
    .replace(/[^\p{L}\p{N} ._-]/gu, '_')
    .replace(/^[. ]+/, '')
    .slice(0, 100)
    .trim();
}
