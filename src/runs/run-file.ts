import { extname } from 'node:path';
import type { FileType, TransferMethod } from '../apps/app.ts';
import type { MessageFileRow } from '../store/schema.ts';

/** A file of a turn: one that the end user attached, checked and found, or one that the app made. */
export interface RunFile {
  /** Of its row among the message's files. */
  readonly id: string;
  readonly type: FileType;
  /** `tool_file`: the app made it. */
  readonly transferMethod: TransferMethod | 'tool_file';
  /** The upload; null for a remote file. */
  readonly uploadId: string | null;
  /** Of a remote file. */
  readonly url: string | null;
  readonly filename: string;
  /** Lower case, without dot. */
  readonly extension: string;
  readonly mimeType: string;
  /** Bytes; -1 when unknown. */
  readonly size: number;
}

/** A file of a stored message, as it was when the turn began. */
export function runFileOf(row: MessageFileRow): RunFile {
  return {
    id: row.id,
    type: row.type as FileType,
    transferMethod: row.transfer_method as RunFile['transferMethod'],
    uploadId: row.file_id,
    url: row.url,
    filename: row.filename,
    extension: extname(row.filename).slice(1).toLowerCase(),
    mimeType: row.mime_type,
    size: row.size,
  };
}

/** Files of one side of a message, as they are stored. */
export function messageFilesOf(
  files: readonly RunFile[],
  { appId, messageId }: { readonly appId: string; readonly messageId: string },
  belongsTo: MessageFileRow['belongs_to'],
): MessageFileRow[] {
  return files.map((file, position) => ({
    id: file.id,
    app_id: appId,
    message_id: messageId,
    file_id: file.uploadId,
    type: file.type,
    transfer_method: file.transferMethod,
    url: file.url,
    filename: file.filename,
    mime_type: file.mimeType,
    size: file.size,
    belongs_to: belongsTo,
    position,
  }));
}
