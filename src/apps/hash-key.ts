import { createHash } from 'node:crypto';

/** What is stored of a key: SHA-256, hex. Keys are long and random, so a slow hash would protect nothing more. */
export function hashKey(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}
