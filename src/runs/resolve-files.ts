import type { FileType, FileUpload } from '../apps/app.ts';
import { fileTypeOf } from '../apps/file-type.ts';
import { type NamedFile, namesMethod, namesNothing, readFileInput } from '../apps/read-file-input.ts';
import { invalidParam } from '../errors.ts';
import { findUploads } from '../store/files.ts';
import type { Store } from '../store/open-store.ts';
import type { Owner } from '../store/owner.ts';
import { namedRunFile } from './named-run-file.ts';
import type { RunFile } from './run-file.ts';

/**
 * Finds and checks the files that a request names, by the rules and texts of `facts/dify-wire.md` §6.1. An app
 * without file upload ignores them. Uploads of another end user count as unknown.
 *
 * @param options `strict`: a file that is not of the type it is said to be is refused, as workflows do; in chats what is said wins (`facts/dify-wire.md` §6.1)
 * @throws ParleyError `invalid_param`
 */
export async function resolveFiles(
  store: Store,
  owner: Owner,
  config: FileUpload,
  mappings: readonly unknown[],
  { strict = false }: { readonly strict?: boolean } = {},
): Promise<RunFile[]> {
  if (!config.enabled) return [];
  const wanted = mappings.map(readMapping).filter((mapping) => mapping !== null);
  const ids = wanted.flatMap(({ uploadId }) => (uploadId === null ? [] : [uploadId]));
  const uploads = await findUploads(store, owner, ids);
  const files = wanted.map((named) => {
    const file = namedRunFile(named, uploads);
    if (file === null) throw invalidParam('Invalid upload file');
    return file;
  });
  for (const file of files) {
    if (strict && file.type !== 'custom' && file.type !== detectedType(file)) throw invalidParam(WRONG_TYPE);
    if (!allowed(config, file)) throw invalidParam(`File validation failed for file: ${file.filename}`);
  }
  if (files.length > config.maxCount) {
    const onlyImages = config.allowedTypes.length === 1 && config.allowedTypes[0] === 'image';
    const what = onlyImages ? 'image files' : 'files';
    throw invalidParam(`Number of ${what} exceeds the maximum limit ${config.maxCount}`);
  }
  return files;
}

const WRONG_TYPE = 'Detected file type does not match the specified type. Please verify the file.';

/** Of a remote file whose address tells nothing, the type that was said. */
function detectedType(file: RunFile): FileType {
  const known = file.extension !== '' || file.mimeType !== 'application/octet-stream';
  return file.uploadId === null && !known ? file.type : fileTypeOf(file);
}

/** Null for an entry that Dify drops silently. */
function readMapping(entry: unknown): NamedFile | null {
  if (!namesMethod(entry)) return null;
  if (entry.transfer_method === 'remote_url' && namesNothing(entry)) return null;
  return readFileInput(entry);
}

function allowed(config: FileUpload, file: RunFile): boolean {
  const methods: readonly string[] = config.allowedMethods;
  // No form can list the method of files that apps made. Of which types they may be it says all the same, unlike Dify's: they
  // lie among the uploads here, and whoever uploads could call a file one of them.
  if (file.transferMethod !== 'tool_file' && methods.length > 0 && !methods.includes(file.transferMethod))
    return false;
  if (config.allowedTypes.length === 0 || (file.type !== 'custom' && config.allowedTypes.includes(file.type)))
    return true;
  return (
    config.allowedTypes.includes('custom') && config.allowedExtensions.includes(file.extension.toLowerCase())
  );
}
