import type { RunFile } from './run-file.ts';

/** What tells a file from any other object. */
export const FILE_IDENTITY = '__dify__file__';

/** A file as variables hold it and clients see it (`facts/dify-dsl-engine.md` §3.6, `facts/dify-wire.md` §3.4). */
export type FileObject = {
  readonly dify_model_identity: typeof FILE_IDENTITY;
  readonly id: null;
  readonly type: RunFile['type'];
  readonly transfer_method: RunFile['transferMethod'];
  readonly remote_url: string | null;
  readonly reference: string | null;
  readonly related_id: string | null;
  readonly filename: string;
  /** With its dot. */
  readonly extension: string;
  readonly mime_type: string;
  /** Bytes; -1: unknown. */
  readonly size: number;
  readonly url: string | null;
};

/** @param fileUrl address of a stored file */
export function fileObjectOf(file: RunFile, fileUrl: (fileId: string) => string): FileObject {
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
