import { createReadStream, type ReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Gives `use` a file as the official client takes them in Node: a stream of one on disk, named as it is there. */
export async function withFileOnDisk<T>(
  name: string,
  data: Uint8Array | string,
  use: (file: ReadStream) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-file-'));
  try {
    await writeFile(join(folder, name), data);
    return await use(createReadStream(join(folder, name)));
  } finally {
    await rm(folder, { recursive: true });
  }
}
