import { Duplex, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';

// What is there is passed on at once, for event streams; and, as in browsers and curl, a missing checksum is no error.
const zlib = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH };
const brotli = { flush: constants.BROTLI_OPERATION_FLUSH, finishFlush: constants.BROTLI_OPERATION_FLUSH };

/**
 * The streams that undo `encodings` (the values of `content-encoding`), in the order they are piped. None when one of
 * them is unknown: as for `fetch`, the body is then what was sent. Each stream makes no more than its reader takes.
 */
export function decoders(encodings: readonly string[]): Duplex[] {
  const names = encodingNames(encodings);
  const made = names.map((name) => makers[name]);
  return made.every((make) => make !== undefined) ? made.map((make) => make()).reverse() : [];
}

/** The codings that a header lists, in lower case; `identity` is none. */
export function encodingNames(encodings: readonly string[]): string[] {
  return encodings
    .flatMap((value) => value.split(','))
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '' && name !== 'identity');
}

const makers: Readonly<Record<string, (() => Duplex) | undefined>> = {
  gzip: () => createGunzip(zlib),
  'x-gzip': () => createGunzip(zlib),
  deflate: () => Duplex.from(inflate),
  br: () => createBrotliDecompress(brotli),
};

/** `deflate` means zlib's format, but many servers send it without zlib's header: the first byte tells. */
async function* inflate(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const input = source[Symbol.asyncIterator]();
  const first = await input.next();
  if (first.done === true) return;
  const decoder: Readable & NodeJS.WritableStream =
    ((first.value[0] ?? 0) & 0x0f) === 8 ? createInflate(zlib) : createInflateRaw(zlib);
  const fed = pipeline(async function* () {
    yield first.value;
    yield* { [Symbol.asyncIterator]: () => input };
  }, decoder);
  // Whatever goes wrong in there destroys the decoder, and is thrown from the loop below.
  fed.catch(() => {});
  yield* decoder;
}
