import * as z from 'zod';
import { fileSizeLimit } from '../../../apps/file-size-limit.ts';
import { invalidParam, ParleyError } from '../../../errors.ts';
import { findAttachedFile, insertFile } from '../../../store/files.ts';
import { newId } from '../../../store/new-id.ts';
import { type FormFile, readForm } from '../../read-form.ts';
import { discard, receiveFile } from '../../receive-file.ts';
import { extensionOf, storedFile } from '../../stored-file.ts';
import { unixSeconds } from '../../unix-seconds.ts';
import { defineRoute } from '../route.ts';
import { looseBoolean, uuidParam } from '../schema.ts';
import { sendFile } from '../send-file.ts';
import { TENANT_ID } from '../wire-ids.ts';

const uploadedFile = z.object({
  id: z.uuid(),
  reference: z.null(),
  name: z.string(),
  size: z.int(),
  extension: z.string(),
  mime_type: z.string(),
  created_by: z.uuid(),
  created_at: z.int(),
  preview_url: z.null(),
  source_url: z.string(),
  original_url: z.null(),
  user_id: z.null(),
  tenant_id: z.uuid(),
  conversation_id: z.null(),
  file_key: z.null(),
});

/** The bytes are stored as they arrive; the row, which makes them a file, comes when the form is complete. */
export const uploadFile = defineRoute({
  method: 'POST',
  path: '/files/upload',
  summary: 'Upload a file',
  tag: 'Files',
  modes: 'any',
  user: { in: 'form' },
  body: 'multipart',
  response: { status: 201, schema: uploadedFile },
  async handle({ app, parts, request, reply, identify, signedUrl }) {
    const id = newId();
    const files: Omit<FormFile, 'stream'>[] = [];
    let size = 0 as number | 'too large';
    try {
      const { fields } = await readForm(request, reply, async ({ stream, ...file }) => {
        files.push(file);
        if (files.length > 1 || file.field !== 'file') return discard(stream);
        size = await receiveFile(
          parts.files,
          id,
          stream,
          fileSizeLimit(extensionOf(file.filename), parts.limits),
        );
      });
      const sent = checked(files);
      if (size === 'too large') throw new ParleyError('file_too_large', 413, '');
      const { owner, endUser } = await identify(fields.get('user'));
      const { name, extension, mimeType } = storedFile(sent);
      const file = {
        id,
        app_id: app.id,
        end_user_id: owner.endUserId,
        name,
        size,
        extension,
        mime_type: mimeType,
        created_at: Date.now(),
      };
      await insertFile(parts.store, file);
      return {
        id,
        reference: null,
        name,
        size,
        extension,
        mime_type: mimeType,
        created_by: endUser.id,
        created_at: unixSeconds(file.created_at),
        preview_url: null,
        source_url: signedUrl(id),
        original_url: null,
        user_id: null,
        tenant_id: TENANT_ID,
        conversation_id: null,
        file_key: null,
      };
    } catch (error) {
      await parts.files.remove(id);
      throw error;
    }
  },
});

/** In the order of `facts/dify-wire.md` §7.4. @throws ParleyError */
function checked(files: readonly Omit<FormFile, 'stream'>[]): Omit<FormFile, 'stream'> {
  const file = files.find(({ field }) => field === 'file');
  if (!file) throw new ParleyError('no_file_uploaded', 400, 'Please upload your file.');
  if (files.length > 1) throw new ParleyError('too_many_files', 400, 'Only one file is allowed.');
  if (file.mimeType === '') throw new ParleyError('unsupported_file_type', 415, 'File type not allowed.');
  if (file.filename === '') {
    throw new ParleyError('filename_not_exists_error', 400, 'The specified filename does not exist.');
  }
  if (/[/\\]/.test(file.filename)) throw invalidParam('Filename contains invalid characters');
  return file;
}

/**
 * A file that is attached to a message of this app, whoever's (`facts/dify-wire.md` §7.4). A file of another app is
 * as unknown as one that is not there.
 */
export const previewFile = defineRoute({
  method: 'GET',
  path: '/files/:file_id/preview',
  summary: 'Download a file',
  tag: 'Files',
  modes: 'any',
  user: { in: 'query', required: false },
  params: z.object({ file_id: uuidParam }),
  query: { name: 'FilePreviewQuery', schema: z.object({ as_attachment: looseBoolean.default(false) }) },
  response: { status: 200, bytes: 'application/octet-stream' },
  async handle({ app, parts, request, reply }, { params, query }) {
    const file = await findAttachedFile(parts.store, app.id, params.file_id);
    if (!file) throw new ParleyError('file_not_found', 404, 'File not found in message context');
    return sendFile(request, reply, parts.files, file, {
      attachment: query.as_attachment,
      cacheControl: 'public, max-age=3600',
    });
  },
});
