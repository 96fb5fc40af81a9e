const BYTES = { B: 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 } as const;

/**
 * Bytes of `15MB`, `512KB`, `1.5 GB`, `100B`, or of a whole number of bytes; undefined for anything else. A KB is
 * 1024 bytes, as in Dify's `UPLOAD_FILE_SIZE_LIMIT` (`facts/dify-wire.md` §14).
 *
 * @example parseSize('15MB') // 15728640
 */
export function parseSize(value: unknown): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(B|KB|MB|GB)?$/i.exec(
    typeof value === 'number' || typeof value === 'string' ? String(value).trim() : '',
  );
  if (match === null) return undefined;
  const bytes = Number(match[1]) * BYTES[(match[2] ?? 'B').toUpperCase() as keyof typeof BYTES];
  return bytes >= 1 && Number.isSafeInteger(Math.round(bytes)) ? Math.round(bytes) : undefined;
}
