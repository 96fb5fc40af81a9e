import type { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { MalformedRequest } from './malformed-request.ts';
import { discard } from './receive-file.ts';

/** A file of a form while its bytes arrive. */
export interface FormFile {
  readonly field: string;
  /** As the client names it, unchecked. */
  readonly filename: string;
  /** `text/plain` where the client says nothing: the parser does not tell the two apart. */
  readonly mimeType: string;
  readonly stream: Readable;
}

/** A form whose parts have all arrived. */
export interface Form {
  /** First value of each text field. */
  readonly fields: ReadonlyMap<string, string>;
}

/**
 * Reads a multipart form part by part, in whatever order it comes: some clients put `user` behind the file
 * (`facts/dify-wire.md` §1.1). Without `onFile`, files are skipped; with it, it must read each stream to its end.
 * A request that is no form reads as an empty one.
 *
 * @throws ParleyError 400 when it is no well-formed form, and what `onFile` throws. The rest of the form is then left unread, and the connection ends with the answer.
 */
export async function readForm(
  request: FastifyRequest,
  reply: FastifyReply,
  onFile: (file: FormFile) => Promise<void> = ({ stream }) => discard(stream),
): Promise<Form> {
  const fields = new Map<string, string>();
  if (!request.isMultipart()) return { fields };
  const parts = request.parts({
    // Sizes are the reader's business; and a file name is what the client sent, to be checked and not mended.
    limits: { fileSize: Number.POSITIVE_INFINITY },
    preservePath: true,
    isPartAFile: (_field, _type, filename) => filename !== undefined,
  });
  try {
    for await (const part of parts) {
      if (part.type === 'file') {
        await onFile({
          field: part.fieldname,
          filename: part.filename ?? '',
          mimeType: part.mimetype,
          stream: part.file,
        });
      } else if (!fields.has(part.fieldname)) {
        fields.set(part.fieldname, asText(part.value).replaceAll('\0', ''));
      }
    }
  } catch (error) {
    reply.header('connection', 'close');
    request.raw.unpipe();
    request.raw.resume();
    throw isMalformed(error) ? new MalformedRequest(error) : error;
  }
  return { fields };
}

/** The parser's own complaints, which come without a code. */
function isMalformed(error: unknown): boolean {
  return error instanceof Error && /multipart|malformed/i.test(error.message) && !('code' in error);
}

/** A part that says it is JSON comes parsed. */
function asText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}
