import type { Value, ValueRecord } from './value.ts';

export const FILE_IDENTITY = '__dify__file__';

export type FileType = 'image' | 'document' | 'audio' | 'video' | 'custom';

/** A file as variables hold it and clients see it (`facts/dify-dsl-engine.md` §3.6). */
export interface FileValue extends ValueRecord {
  readonly dify_model_identity: typeof FILE_IDENTITY;
  readonly id: string | null;
  readonly type: FileType;
  readonly transfer_method: 'remote_url' | 'local_file' | 'tool_file' | 'datasource_file';
  readonly remote_url: string | null;
  readonly related_id: string | null;
  readonly filename: string | null;
  /** With its dot. */
  readonly extension: string | null;
  readonly mime_type: string | null;
  /** Bytes; -1: unknown. */
  readonly size: number;
  readonly url: string | null;
}

export function isFileValue(value: Value | undefined): value is FileValue {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    (value as ValueRecord).dify_model_identity === FILE_IDENTITY
  );
}

const ATTRIBUTES: Readonly<Record<string, string>> = {
  type: 'type',
  size: 'size',
  name: 'filename',
  mime_type: 'mime_type',
  transfer_method: 'transfer_method',
  url: 'url',
  extension: 'extension',
  related_id: 'related_id',
};

/** What a selector's third part, or the key of a condition, reads of a file; undefined: files have no such attribute. */
export function fileAttribute(file: FileValue, name: string): Value | undefined {
  if (!Object.hasOwn(ATTRIBUTES, name)) return undefined;
  if (name === 'url') return file.url ?? file.remote_url;
  return file[ATTRIBUTES[name] as string] ?? null;
}

/** As an answer shows it. */
export function fileMarkdown(file: FileValue): string {
  const url = file.url ?? file.remote_url ?? '';
  return file.type === 'image' ? `![${file.filename ?? ''}](${url})` : `[${file.filename || url}](${url})`;
}
