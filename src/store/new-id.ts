import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';

const POOL = Buffer.alloc(4096);
let used = POOL.length;

/**
 * A new UUID (version 7): ids made later sort later, so that rows are added at the end of their index. Random bytes
 * come from a pool: asking the system for each id costs more than making it.
 */
export function newId(): string {
  if (used + 16 > POOL.length) {
    randomFillSync(POOL);
    used = 0;
  }
  const random = POOL.subarray(used, used + 16);
  used += 16;
  return v7({ random });
}
