import { PassThrough, type Readable } from 'node:stream';
import { ParleyError } from '../errors.ts';
import type { FileStorage } from '../store/file-storage.ts';
import { MalformedRequest } from './malformed-request.ts';

/** What is read and thrown away of files that are not kept, so that their sender reads the answer. */
const MAX_DISCARDED = 100 * 1024 ** 2;

/**
 * Stores the bytes of a file as they arrive, at most `limit` of them. Answers the size, or `too large`: nothing is
 * stored then, and the rest of the file is read and thrown away.
 *
 * @throws when the sender goes away, or sends far too much.
 */
export async function receiveFile(
  storage: FileStorage,
  id: string,
  source: Readable,
  limit: number,
): Promise<number | 'too large'> {
  const kept = new PassThrough();
  kept.on('error', () => {});
  kept.on('drain', () => source.resume());
  let size = 0;
  const arrived = read(source, (chunk) => {
    size += chunk.length;
    if (size > limit + MAX_DISCARDED) throw new ParleyError('file_too_large', 413, '');
    if (size > limit) kept.destroy();
    else if (!kept.write(chunk)) source.pause();
  });
  arrived.then(
    () => kept.end(),
    (error) => kept.destroy(error),
  );
  try {
    return await storage.write(id, kept, {});
  } catch (error) {
    if (size <= limit) throw error;
    source.resume();
    await arrived;
    return 'too large';
  }
}

/** Reads a stream to its end, for nothing. @throws ParleyError 413 when that would take too long */
export async function discard(source: Readable): Promise<void> {
  let size = 0;
  await read(source, (chunk) => {
    size += chunk.length;
    if (size > MAX_DISCARDED) throw new ParleyError('file_too_large', 413, '');
  });
}

/** Rejects when the stream breaks off, and with what `onChunk` throws. */
function read(source: Readable, onChunk: (chunk: Buffer) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    source.on('data', (chunk: Buffer) => {
      try {
        onChunk(chunk);
      } catch (error) {
        source.removeAllListeners('data');
        reject(error);
      }
    });
    source.once('end', resolve);
    source.once('error', reject);
    source.once('close', () => reject(new MalformedRequest('the sender went away')));
  });
}
