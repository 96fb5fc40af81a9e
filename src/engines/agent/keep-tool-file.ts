import { Readable } from 'node:stream';
import mime from 'mime';
import { fileTypeOf } from '../../apps/file-type.ts';
import type { EngineTask } from '../../runs/engine.ts';
import type { RunFile } from '../../runs/run-file.ts';
import { insertFile } from '../../store/files.ts';
import { newId } from '../../store/new-id.ts';
import type { ToolPart } from '../../tools/tool-part.ts';
import type { EngineParts } from '../engine-parts.ts';

const MAX_NAME = 200;

/** Keeps a file that a tool made for the end user of a turn, and tells of it. Null for turns of which nothing is kept. */
export async function keepToolFile(
  { store, files }: EngineParts,
  { owner, kept, signal, emit }: EngineTask,
  { data, mimeType, filename }: Extract<ToolPart, { kind: 'file' }>,
): Promise<RunFile | null> {
  if (!kept) return null;
  const uploadId = newId();
  const extension = extensionOf(filename, mimeType);
  const name = safeName(filename, extension);
  const size = await files.write(uploadId, Readable.from([data]), { signal });
  await insertFile(store, {
    id: uploadId,
    app_id: owner.appId,
    end_user_id: owner.endUserId,
    name,
    size,
    extension,
    mime_type: mimeType,
    created_at: Date.now(),
  });
  const file: RunFile = {
    id: newId(),
    type: fileTypeOf({ extension, mimeType }),
    transferMethod: 'tool_file',
    uploadId,
    url: null,
    filename: name,
    extension,
    mimeType,
    size,
  };
  emit({ kind: 'file', file });
  return file;
}

function extensionOf(filename: string, mimeType: string): string {
  const own = /\.([A-Za-z0-9]{1,10})$/.exec(filename)?.[1]?.toLowerCase();
  return own ?? mime.getExtension(mimeType) ?? '';
}

/** The name comes from the tool: no path, no control characters. It ends in its extension, where it has one. */
function safeName(filename: string, extension: string): string {
  const base = (filename.split(/[\\/]/).at(-1) ?? '').replace(/\p{Cc}/gu, '').trim() || 'file';
  if (extension === '') return cut(base, MAX_NAME);
  const own = base.toLowerCase().endsWith(`.${extension}`);
  const end = own ? base.slice(-extension.length - 1) : `.${extension}`;
  return `${cut(own ? base.slice(0, -end.length) : base, MAX_NAME - end.length)}${end}`;
}

function cut(name: string, length: number): string {
  return name.slice(0, length).toWellFormed();
}
