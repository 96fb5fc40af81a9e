import type { RunFile } from '../../runs/run-file.ts';
import { FILE_IDENTITY, type FileValue } from '../workflow/values/file-value.ts';

/**
 * A file of a turn as variables hold it (`facts/dify-dsl-engine.md` §3.6).
 *
 * @param fileUrl address of a stored file
 */
export function fileValueOf(file: RunFile, fileUrl: (fileId: string) => string): FileValue {
  const { uploadId } = file;
  return {
    dify_model_identity: FILE_IDENTITY,
    id: null,
    type: file.type,
    transfer_method: file.transferMethod,
    remote_url: file.url,
    reference: uploadId,
    related_id: uploadId,
    filename: file.filename,
    extension: file.extension === '' ? '' : `.${file.extension}`,
    mime_type: file.mimeType,
    size: file.size,
    url: uploadId === null ? file.url : fileUrl(uploadId),
  };
}
