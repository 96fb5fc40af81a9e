import type { FastifyReply, FastifyRequest } from 'fastify';
import { ParleyError } from '../../errors.ts';
import type { FileStorage } from '../../store/file-storage.ts';
import type { FileRow } from '../../store/schema.ts';

/** Types and extensions that a browser would run as a page of this server. */
const ACTIVE_TYPE = /^(?:text\/(?:html|xml|xsl)|application\/(?:xml|xhtml)|.*\+xml|multipart\/)/i;
const ACTIVE_EXTENSIONS: readonly string[] = ['html', 'htm', 'xhtml', 'shtml', 'svg', 'xml', 'xsl', 'mhtml'];
const MEDIA_TYPE = /^[\w.+-]+\/[\w.+-]+$/;

export interface Delivery {
  /** Saved by the browser, never shown. */
  readonly attachment: boolean;
  readonly cacheControl: string;
}

/**
 * Streams an uploaded file. Its bytes and its type come from an end user, so nothing of it may run in a browser: a
 * page (HTML, SVG, XML) is always an attachment, and no type is guessed from the bytes.
 *
 * @throws ParleyError 404 `file_not_found` when the bytes are gone.
 */
export async function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  storage: FileStorage,
  file: FileRow,
  { attachment, cacheControl }: Delivery,
): Promise<FastifyReply> {
  const saved = attachment || isActive(file);
  const playable = /^(?:audio|video)\//.test(file.mime_type);
  const range = playable ? readRange(request.headers.range, file.size) : null;
  reply
    .header('cache-control', cacheControl)
    .header('content-security-policy', "default-src 'none'; sandbox")
    .header('x-content-type-options', 'nosniff')
    .header(
      'content-type',
      saved || !MEDIA_TYPE.test(file.mime_type) ? 'application/octet-stream' : file.mime_type,
    );
  if (saved) reply.header('content-disposition', `attachment; filename*=UTF-8''${encodeName(file.name)}`);
  if (playable) reply.header('accept-ranges', 'bytes');
  if (range === 'outside') {
    return reply.code(416).header('content-range', `bytes */${file.size}`).send();
  }
  if (range) {
    reply.code(206).header('content-range', `bytes ${range.start}-${range.end}/${file.size}`);
  }
  const { stream, size } = await open(storage, file.id, range ?? undefined);
  reply.header('content-length', range ? range.end - range.start + 1 : size);
  return reply.send(stream);
}

/** Whether a browser would run it. */
export function isActive({ mime_type, extension }: Pick<FileRow, 'mime_type' | 'extension'>): boolean {
  return ACTIVE_TYPE.test(mime_type) || ACTIVE_EXTENSIONS.includes(extension);
}

async function open(storage: FileStorage, id: string, range?: { start: number; end: number }) {
  try {
    return await storage.read(id, range);
  } catch (cause) {
    const message = 'Failed to load file content: it is no longer there.';
    throw new ParleyError('file_not_found', 404, message, { cause });
  }
}

/** One range of bytes; several, and other units, are answered with the whole file (RFC 9110 §14.2). */
function readRange(
  header: string | undefined,
  size: number,
): { start: number; end: number } | 'outside' | null {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return null;
  const [, from = '', to = ''] = match;
  const start = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const end = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (from !== '' && to !== '' && Number(to) < start) return null;
  return start > end ? 'outside' : { start, end };
}

/** RFC 8187. */
function encodeName(name: string): string {
  return encodeURIComponent(name.toWellFormed()).replace(
    /['()*!]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
