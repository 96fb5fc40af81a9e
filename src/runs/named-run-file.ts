import mime from 'mime';
import { fileTypeOf } from '../apps/file-type.ts';
import type { NamedFile } from '../apps/read-file-input.ts';
import { newId } from '../store/new-id.ts';
import type { FileRow } from '../store/schema.ts';
import type { RunFile } from './run-file.ts';

/**
 * The file that a request names, with what is known of it: of a remote one, what its address tells.
 *
 * @param uploads stored files that may be meant, by id
 * @returns null when none of them is
 */
export function namedRunFile(named: NamedFile, uploads: ReadonlyMap<string, FileRow>): RunFile | null {
  if (named.uploadId === null) return remoteFile(named);
  const upload = uploads.get(named.uploadId);
  if (!upload) return null;
  return {
    id: newId(),
    type: named.type ?? fileTypeOf({ extension: upload.extension, mimeType: upload.mime_type }),
    transferMethod: named.made ? 'tool_file' : 'local_file',
    uploadId: upload.id,
    url: null,
    filename: upload.name,
    extension: upload.extension,
    mimeType: upload.mime_type,
    size: upload.size,
  };
}

function remoteFile({ type, url }: Extract<NamedFile, { uploadId: null }>): RunFile {
  const { pathname } = new URL(url);
  const filename = pathname.slice(pathname.lastIndexOf('/') + 1) || 'file';
  const extension = filename.includes('.') ? filename.slice(filename.lastIndexOf('.') + 1).toLowerCase() : '';
  const guessed = mime.getType(filename);
  const mimeType = guessed ?? (type === 'image' ? 'image/png' : 'application/octet-stream');
  return {
    id: newId(),
    type: type ?? fileTypeOf({ extension, mimeType }),
    transferMethod: 'remote_url',
    uploadId: null,
    url,
    filename,
    extension,
    mimeType,
    size: -1,
  };
}
