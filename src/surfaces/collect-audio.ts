import type { Readable } from 'node:stream';

/** The largest recording that is taken (`facts/dify-wire.md` §10). */
export const AUDIO_MB = 30;
const AUDIO_BYTES = AUDIO_MB * 1024 ** 2;

/**
 * Holds a recording in memory: the whole of it goes to the model at once. One that is too large is read to its end
 * all the same, so that its sender reads the answer.
 *
 * @throws what `refuse` makes, when it is so large that its end is not worth waiting for
 */
export async function collectAudio(stream: Readable, refuse: () => Error): Promise<Buffer | 'too large'> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += (chunk as Buffer).length;
    if (size <= AUDIO_BYTES) chunks.push(chunk as Buffer);
    else if (size > 4 * AUDIO_BYTES) throw refuse();
    else chunks.length = 0;
  }
  return size > AUDIO_BYTES ? 'too large' : Buffer.concat(chunks);
}
