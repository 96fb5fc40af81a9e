import mime from 'mime';
import * as z from 'zod';
import { fileSizeLimit } from '../../../apps/file-size-limit.ts';
import { findFileByShortId, insertFile } from '../../../store/files.ts';
import { newId } from '../../../store/new-id.ts';
import type { FileRow } from '../../../store/schema.ts';
import { type FormFile, readForm } from '../../read-form.ts';
import { discard, receiveFile } from '../../receive-file.ts';
import { extensionOf, storedFile } from '../../stored-file.ts';
import { unixSeconds } from '../../unix-seconds.ts';
import { CozeError, missingResource } from '../coze-error.ts';
import { decimalId, shortIdOf } from '../ids.ts';
import { defineRoute } from '../route.ts';
import { id } from '../schema.ts';

/**
 * `facts/coze-wire.md` §11. The bytes are stored as they arrive; the row, which makes them a file, comes when the form
 * is complete.
 */
export const uploadFile = defineRoute({
  method: 'POST',
  path: '/v1/files/upload',
  summary: 'Upload a file',
  scopes: ['uploadFile'],
  body: 'multipart',
  async handle({ parts, request, reply, account }) {
    const id = newId();
    const files: Omit<FormFile, 'stream'>[] = [];
    let size = 0 as number | 'too large';
    try {
      await readForm(request, reply, async ({ stream, ...file }) => {
        files.push(file);
        if (files.length > 1 || file.field !== 'file') return discard(stream);
        const limit = fileSizeLimit(extensionOf(baseName(file.filename)), parts.limits);
        size = await receiveFile(parts.files, id, stream, limit);
      });
      const { name, extension, mimeType } = storedFile(withType(checked(files)));
      if (size === 'too large') throw tooLarge(fileSizeLimit(extension, parts.limits));
      if (size === 0) throw new CozeError(4300, 'The file is empty.');
      const file: FileRow = {
        id,
        app_id: account.appId,
        end_user_id: account.endUserId,
        name,
        size,
        extension,
        mime_type: mimeType,
        created_at: Date.now(),
      };
      await insertFile(parts.store, file);
      return { data: wireFile(file) };
    } catch (error) {
      await parts.files.remove(id);
      throw error;
    }
  },
});

/** Some clients call every file the type that means any (`coze-go`, curl): a model is given the file by its type. */
function withType<File extends Pick<FormFile, 'filename' | 'mimeType'>>(file: File): File {
  if (file.mimeType !== '' && file.mimeType !== 'application/octet-stream') return file;
  return { ...file, mimeType: mime.getType(file.filename) ?? 'application/octet-stream' };
}

/** Files of every type are taken. @throws CozeError 4300 | 4301 | 4304 (`facts/coze-wire.md` §6) */
function checked(files: readonly Omit<FormFile, 'stream'>[]): Omit<FormFile, 'stream'> {
  const file = files.find(({ field }) => field === 'file');
  if (!file) throw new CozeError(4300, 'The form has no part "file" with a file.');
  if (files.length > 1) throw new CozeError(4301, 'Only one file is allowed.');
  const filename = baseName(file.filename);
  if (filename === '') throw new CozeError(4304, 'The file has no name.');
  return { ...file, filename };
}

/** Go's client names a file by the path that it was opened with. */
function baseName(filename: string): string {
  return filename.slice(Math.max(filename.lastIndexOf('/'), filename.lastIndexOf('\\')) + 1);
}

function tooLarge(limit: number): CozeError {
  return new CozeError(4302, `The file is larger than ${Math.floor(limit / 1024 ** 2)} MB.`, 413);
}

/** An upload of the same token. */
export const retrieveFile = defineRoute({
  method: 'GET',
  path: '/v1/files/retrieve',
  summary: 'Read what is known of an uploaded file',
  scopes: ['retrieveFile'],
  query: z.object({ file_id: id }),
  async handle({ parts, account }, { query }) {
    const shortId = shortIdOf(query.file_id);
    const file = shortId === null ? undefined : await findFileByShortId(parts.store, account, shortId);
    if (!file) throw missingResource('file_id', query.file_id);
    return { data: wireFile(file) };
  },
});

function wireFile({ id, size, created_at, name }: FileRow) {
  return { id: decimalId(id), bytes: size, created_at: unixSeconds(created_at), file_name: name };
}
