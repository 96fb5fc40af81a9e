import { isRecord } from '../config/is-record.ts';
import { invalidParam } from '../errors.ts';

const TYPES: ReadonlySet<unknown> = new Set(['image', 'document', 'audio', 'video', 'custom']);
const METHODS: ReadonlySet<unknown> = new Set(['remote_url', 'local_file']);
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A file as a request names it. Unknown keys stay; the store is not asked. */
export type FileInput = Readonly<Record<string, unknown>>;

/**
 * Checks the form of a file mapping that stands in an input (`facts/dify-wire.md` §6.1).
 *
 * @throws ParleyError `invalid_param` with the text of the rule.
 */
export function checkFileInput(mapping: FileInput): void {
  const { type, transfer_method: method } = mapping;
  if (!method) throw invalidParam('transfer_method is required in file mapping');
  if (!METHODS.has(method)) throw invalidParam(`'${shown(method)}' is not a valid FileTransferMethod`);
  if (type !== undefined && type !== null && !TYPES.has(type)) {
    throw invalidParam(`'${shown(type)}' is not a valid FileType`);
  }
  const id = mapping.upload_file_id ?? mapping.reference ?? mapping.related_id ?? mapping.id;
  if (method === 'local_file' || id) {
    if (typeof id !== 'string' || id === '') throw invalidParam('Invalid upload file id');
    if (!UUID.test(id)) throw invalidParam('Invalid upload file id format');
    return;
  }
  const url = mapping.url ?? mapping.remote_url;
  if (typeof url !== 'string' || !/^https?:\/\//i.test(url) || !URL.canParse(url)) {
    throw invalidParam('Invalid file url');
  }
}

/** Checks a list of files; entries that name no transfer method are dropped without a word. */
export function checkFileListInput(mappings: readonly FileInput[]): readonly FileInput[] {
  const named = mappings.filter((mapping) => mapping.transfer_method);
  for (const mapping of named) checkFileInput(mapping);
  return named;
}

function shown(value: unknown): string {
  return isRecord(value) || Array.isArray(value) ? JSON.stringify(value) : String(value);
}
