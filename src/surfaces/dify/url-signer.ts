import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** Signed, expiring addresses of files, in Dify's form (`facts/dify-wire.md` §7.4). */
export interface UrlSigner {
  /** Path and query, made when it is read so that it never goes stale. */
  sign(fileId: string): string;
  /** False when the signature is wrong or too old. */
  verify(
    fileId: string,
    query: { readonly timestamp: string; readonly nonce: string; readonly sign: string },
  ): boolean;
}

/** How far a clock may be set back, or another server's be behind, without an address being refused. */
const CLOCK_TOLERANCE_SECONDS = 60;

/** `secret` never leaves the data folder; `seconds` is how long an address works. */
export function urlSigner(secret: Uint8Array, seconds: number): UrlSigner {
  const signature = (fileId: string, timestamp: string, nonce: string) =>
    createHmac('sha256', secret).update(`file-preview|${fileId}|${timestamp}|${nonce}`).digest();
  const now = () => Math.floor(Date.now() / 1000);
  return {
    sign(fileId) {
      const timestamp = String(now());
      const nonce = randomBytes(16).toString('hex');
      const sign = signature(fileId, timestamp, nonce).toString('base64url');
      return `/files/${fileId}/file-preview?timestamp=${timestamp}&nonce=${nonce}&sign=${sign}`;
    },
    verify(fileId, { timestamp, nonce, sign }) {
      const expected = signature(fileId, timestamp, nonce);
      const given = Buffer.from(sign, 'base64url');
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return false;
      const age = now() - Number(timestamp);
      return age >= -CLOCK_TOLERANCE_SECONDS && age <= seconds;
    },
  };
}
