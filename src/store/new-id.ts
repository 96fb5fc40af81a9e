import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';

const POOL = Buffer.alloc(4096);
let used = POOL.length;

const COUNTER_BITS = 22;
let millisecond = 0;
let counter = 0;

/**
 * A new UUID (version 7): ids made later sort later, so that rows are added at the end of their index. Within a
 * millisecond a process counts on from a random number in the 22 bits after the time, so that its ids differ in their
 * beginnings, see `short-id.ts`. Random bytes come from a pool: asking the system for each id costs more than making it.
 */
export function newId(): string {
  if (used + 16 > POOL.length) {
    randomFillSync(POOL);
    used = 0;
  }
  const random = POOL.subarray(used, used + 16);
  used += 16;
  const now = Date.now();
  counter = now === millisecond ? (counter + 1) % 2 ** COUNTER_BITS : random.readUInt32BE(0) >>> 10;
  millisecond = now;
  const below = random.readUInt16BE(4) & 0x3ff;
  return v7({ random, msecs: now, seq: ((counter << 10) | below) >>> 0 });
}
