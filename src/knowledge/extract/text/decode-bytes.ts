import { guessCharset } from './guess-charset.ts';

/**
 * The text of bytes whose charset nobody names: by their byte order mark, as UTF-8 where they are that, else by what they
 * look like. What is no character becomes U+FFFD.
 */
export function decodeBytes(bytes: Uint8Array): string {
  return (
    markedText(bytes) ??
    utf8Text(bytes) ??
    new TextDecoder(wideCharset(bytes) ?? guessCharset(bytes)).decode(bytes)
  );
}

function markedText(bytes: Uint8Array): string | null {
  const [a, b] = bytes;
  if (a === 0xff && b === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (a === 0xfe && b === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  return null;
}

function utf8Text(bytes: Uint8Array): string | null {
  // Letters of UTF-16 are valid UTF-8, with zeros between them.
  if (wideCharset(bytes) !== null) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** UTF-16 without a mark: of text with many Latin letters, spaces or digits, every other byte is mostly zero. */
function wideCharset(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | null {
  const end = Math.min(bytes.length, 4096) & ~1;
  if (end < 4) return null;
  let even = 0;
  let odd = 0;
  for (let at = 0; at < end; at += 2) {
    if (bytes[at] === 0) even++;
    if (bytes[at + 1] === 0) odd++;
  }
  const many = (end / 2) * 0.4;
  if (odd > many && even * 8 < odd) return 'utf-16le';
  return even > many && odd * 8 < even ? 'utf-16be' : null;
}
