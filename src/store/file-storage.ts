import { createReadStream, createWriteStream, type ReadStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Bytes of uploaded files, streamed in and out. Names come from us (UUIDs), never from a request. */
export interface FileStorage {
  /**
   * Writes a stream and answers its size. Nothing remains of a write that fails.
   * @throws whatever the source throws, or the signal's reason.
   */
  write(id: string, source: Readable, options: { readonly signal?: AbortSignal }): Promise<number>;
  /**
   * The whole file, or its bytes `start` to `end` (the last one included). `size` is that of the whole file.
   * @throws ENOENT when there is no such file.
   */
  read(
    id: string,
    range?: { readonly start: number; readonly end: number },
  ): Promise<{ readonly size: number; readonly stream: ReadStream }>;
  remove(id: string): Promise<void>;
  /** Removes what uploads left behind that a killed process was receiving. Answers how many there were. */
  sweep(): Promise<number>;
}

/** How the name of a file ends that is still being written. */
const PARTIAL = '.partial';

/** Files in a folder, spread over 256 subfolders by the end of the id. */
export function diskStorage(dir: string): FileStorage {
  const opened = Date.now();
  const folderOf = (id: string) => join(dir, id.slice(-2));
  const pathOf = (id: string) => {
    if (!/^[0-9a-f-]{36}$/.test(id)) throw new Error(`not a file id: ${JSON.stringify(id)}`);
    return join(folderOf(id), id);
  };
  return {
    async write(id, source, { signal }) {
      const path = pathOf(id);
      await mkdir(folderOf(id), { recursive: true, mode: 0o700 });
      const partial = `${path}${PARTIAL}`;
      try {
        await pipeline(source, createWriteStream(partial, { mode: 0o600 }), signal ? { signal } : {});
        await rename(partial, path);
      } catch (error) {
        await rm(partial, { force: true });
        throw error;
      }
      return (await stat(path)).size;
    },
    async read(id, range) {
      const path = pathOf(id);
      const { size } = await stat(path);
      return { size, stream: createReadStream(path, range) };
    },
    async remove(id) {
      await rm(pathOf(id), { force: true });
    },
    async sweep() {
      let swept = 0;
      for (const path of await partials(dir)) {
        // Younger ones are uploads going on.
        const found = await stat(path).catch(() => null);
        if (found === null || found.mtimeMs >= opened) continue;
        await rm(path, { force: true });
        swept++;
      }
      return swept;
    },
  };
}

async function partials(dir: string): Promise<string[]> {
  const found: string[] = [];
  for (const folder of await list(dir)) {
    for (const name of await list(join(dir, folder)))
      if (name.endsWith(PARTIAL)) found.push(join(dir, folder, name));
  }
  return found;
}

/** Names in a folder; none when it is no folder, or not there yet. */
async function list(dir: string): Promise<string[]> {
  try {
    return await readdir(dir);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw error;
  }
}
