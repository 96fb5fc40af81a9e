import { maskText, secretsOf } from '../pool/mask-secrets.ts';
import type { ReadPool } from '../pool/variable-pool.ts';

/** A text that leaves the node, in an error or a log. */
export function withoutSecrets(text: string, pool: ReadPool): string {
  return maskText(text, secretsOf(pool));
}
