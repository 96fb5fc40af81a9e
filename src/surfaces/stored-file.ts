import { extname } from 'node:path';
import mime from 'mime';

/** Longer names lose what is before their extension (`facts/dify-wire.md` §7.4). */
const NAME_LENGTH = 200;

/** How an upload is written down, from what its sender says of it. */
export function storedFile({
  filename,
  mimeType,
}: {
  readonly filename: string;
  readonly mimeType: string;
}): {
  readonly name: string;
  readonly extension: string;
  readonly mimeType: string;
} {
  const name = shortName(filename);
  return { name, extension: extensionOf(name), mimeType: typeOf(mimeType, name) };
}

/** Small letters, no dot; empty when there is none. The size limit goes by it, before the rest of a form is known. */
export function extensionOf(filename: string): string {
  return extname(filename).slice(1).replaceAll('\0', '').toLowerCase();
}

function shortName(filename: string): string {
  const name = filename.replaceAll('\0', '');
  const characters = Array.from(name);
  if (characters.length <= NAME_LENGTH) return name;
  const [stem = ''] = name.split('.');
  return `${Array.from(stem).slice(0, NAME_LENGTH).join('')}.${extensionOf(name)}`;
}

/**
 * The type as the client says it. Clients that say none (Python's `requests` with a bare name) read as `text/plain`,
 * which the name corrects: a model is given the file by this type.
 */
function typeOf(mimeType: string, name: string): string {
  const guess = mimeType === 'text/plain' ? mime.getType(name) : null;
  if (guess && !guess.startsWith('text/')) return guess;
  return /^[\w.+-]+\/[\w.+-]+$/.test(mimeType) ? mimeType : 'application/octet-stream';
}
