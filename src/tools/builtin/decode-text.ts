/** A `<meta charset>` must stand in the first kilobyte; some pages have it after a long comment. */
const META_BYTES = 4096;

/**
 * The text of a body: by its byte order mark, else by the charset of its content type, else (HTML) by the one that its
 * `<meta>` names, else UTF-8. Bytes that fit no character become U+FFFD.
 */
export function decodeText(body: Uint8Array, contentType: string | null): string {
  const label = markOf(body) ?? charsetOf(contentType) ?? metaOf(body, contentType) ?? 'utf-8';
  try {
    return new TextDecoder(label).decode(body);
  } catch {
    // No charset that is known.
    return new TextDecoder().decode(body);
  }
}

function markOf(body: Uint8Array): string | null {
  if (body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf) return 'utf-8';
  if (body[0] === 0xfe && body[1] === 0xff) return 'utf-16be';
  return body[0] === 0xff && body[1] === 0xfe ? 'utf-16le' : null;
}

function charsetOf(contentType: string | null): string | null {
  return /;\s*charset\s*=\s*["']?([\w:.+-]+)/i.exec(contentType ?? '')?.[1] ?? null;
}

function metaOf(body: Uint8Array, contentType: string | null): string | null {
  if (!/html|xml/i.test(contentType ?? '')) return null;
  const head = Buffer.from(body.buffer, body.byteOffset, Math.min(body.byteLength, META_BYTES)).toString(
    'latin1',
  );
  const label =
    /<meta\s[^>]{0,300}?charset\s*=\s*["']?\s*([\w:.+-]+)/i.exec(head)?.[1] ??
    /^\s*<\?xml\s[^>]{0,200}?encoding\s*=\s*["']([\w:.+-]+)/i.exec(head)?.[1];
  // Who could read that in the bytes is not reading UTF-16 (HTML standard, "prescan a byte stream").
  return label === undefined || /^utf-?16/i.test(label) ? null : label;
}
