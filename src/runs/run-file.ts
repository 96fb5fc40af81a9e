import type { FileType, TransferMethod } from '../apps/app.ts';

/** A file that the end user attached to a turn, checked and found. */
export interface RunFile {
  readonly type: FileType;
  readonly transferMethod: TransferMethod;
  /** The upload; null for a remote file. */
  readonly uploadId: string | null;
  /** Of a remote file. */
  readonly url: string | null;
  readonly filename: string;
  readonly extension: string;
  readonly mimeType: string;
  /** Bytes; -1 when unknown. */
  readonly size: number;
}
