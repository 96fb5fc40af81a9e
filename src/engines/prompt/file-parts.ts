import { buffer } from 'node:stream/consumers';
import type { ContentPart } from '../../models/chat-model.ts';
import type { RunFile } from '../../runs/run-file.ts';
import type { FileStorage } from '../../store/file-storage.ts';

type Detail = 'low' | 'high' | 'auto';
type FilePart = Extract<ContentPart, { source: unknown }>;

/** Files of a turn as parts of the user message. Bytes of uploads are read only when the request is written. */
export function fileParts(storage: FileStorage, detail: Detail, files: readonly RunFile[]): FilePart[] {
  return files.map((file) => part(storage, detail, file));
}

function part(storage: FileStorage, detail: Detail, file: RunFile): FilePart {
  const { type, uploadId, url, filename, mimeType } = file;
  const kind = type === 'custom' ? 'document' : type;
  const source =
    uploadId === null
      ? { url: url as string }
      : { read: async () => new Uint8Array(await buffer((await storage.read(uploadId)).stream)) };
  return kind === 'image'
    ? { kind, source, mimeType, filename, detail }
    : { kind, source, mimeType, filename };
}
