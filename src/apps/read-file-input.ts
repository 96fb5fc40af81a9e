import { isRecord } from '../config/is-record.ts';
import { invalidParam } from '../errors.ts';
import type { FileType } from './app.ts';

const TYPES: ReadonlySet<unknown> = new Set<FileType>(['image', 'document', 'audio', 'video', 'custom']);
const METHODS: ReadonlySet<unknown> = new Set(['remote_url', 'local_file', 'tool_file', 'datasource_file']);
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A file as a request names it. Unknown keys stay; the store is not asked. */
export type FileInput = Readonly<Record<string, unknown>>;

/** What a request says of a file: where it is, and what the caller takes it for. */
export type NamedFile = {
  /** Null: not said. */
  readonly type: FileType | null;
} & (
  | {
      /** A stored file, in lower case. */
      readonly uploadId: string;
      readonly url: null;
      /** Said to be made by an app, as a file object from the outputs of a run is. */
      readonly made: boolean;
    }
  | { readonly uploadId: null; readonly url: string }
);

/**
 * Reads a file mapping (`facts/dify-wire.md` §6.1). Whatever its method, one that has an id is the stored file of that id.
 *
 * @throws ParleyError `invalid_param` with the text of the rule.
 */
export function readFileInput(mapping: FileInput): NamedFile {
  const { transfer_method: method } = mapping;
  if (!method) throw invalidParam('transfer_method is required in file mapping');
  if (!METHODS.has(method)) throw invalidParam(`'${shown(method)}' is not a valid FileTransferMethod`);
  const type = mapping.type ?? null;
  if (type !== null && !TYPES.has(type)) throw invalidParam(`'${shown(type)}' is not a valid FileType`);
  const said = { type: type as FileType | null };
  const id = idOf(mapping);
  if (method !== 'remote_url' || id) {
    if (typeof id !== 'string' || id === '') throw invalidParam('Invalid upload file id');
    if (!UUID.test(id)) throw invalidParam('Invalid upload file id format');
    return { ...said, uploadId: id.toLowerCase(), url: null, made: method === 'tool_file' };
  }
  const url = urlOf(mapping);
  if (typeof url !== 'string' || !/^https?:\/\//i.test(url) || !URL.canParse(url)) {
    throw invalidParam('Invalid file url');
  }
  return { ...said, uploadId: null, url };
}

/** Whether an entry of a list of files names its method; others are dropped without a word. */
export function namesMethod(entry: unknown): entry is FileInput {
  return isRecord(entry) && Boolean(entry.transfer_method);
}

/** Whether it names neither an address nor a stored file. */
export function namesNothing(mapping: FileInput): boolean {
  return !idOf(mapping) && !urlOf(mapping);
}

function idOf(mapping: FileInput): unknown {
  return mapping.upload_file_id || mapping.reference || mapping.related_id || mapping.id;
}

function urlOf(mapping: FileInput): unknown {
  return mapping.url || mapping.remote_url;
}

function shown(value: unknown): string {
  return isRecord(value) || Array.isArray(value) ? JSON.stringify(value) : String(value);
}
