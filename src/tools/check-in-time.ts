import { threadCpuMs } from '../threads/thread-cpu-ms.ts';
import { withinTime } from './within-time.ts';

/** Honest checks take half a millisecond; this is for slow machines. */
const LIMIT_MS = 50;
/** What a check takes of this is nobody's fault: it is not counted. */
const FREE_MS = 5;
/** A limit is a tenth of what is left, so that a schema that is slow again and again has less time each time. */
const SHARE = 10;
/** A check that was ended has cost, and proved, more than one that has come to its end. */
const ENDED = 5;
const OWN_MS = LIMIT_MS * SHARE;
/** Of all schemas together. */
const COMMON_MS = 2_000;
/** However much the others have taken: enough for an honest one. */
const LEAST_MS = 5;
const RENEWED_MS = 60_000;

interface Budget {
  left: number;
  readonly until: number;
}

const budgets = new WeakMap<object, Budget>();
let common: Budget = { left: COMMON_MS, until: 0 };

/**
 * Does `check`, which must be synchronous, by a schema of a stranger's; null: it would take too long. Nothing else goes on
 * here meanwhile, and a pattern or references can keep a validator busy for hours. So a check has 50 ms, and what is
 * slower than it should be is held against the schema, and a little against all: of one schema, slow checks take about
 * 100 ms in a minute and then are not tried; when those of many have taken about 2 s, each check has 5 ms.
 *
 * @throws what `check` throws
 */
export function checkInTime<T extends object>(schema: object, check: () => T): T | null {
  const now = performance.now();
  const own = renewed(budgets.get(schema), OWN_MS, now);
  common = renewed(common, COMMON_MS, now);
  const limit = Math.floor(Math.min(LIMIT_MS, own.left / SHARE, Math.max(LEAST_MS, common.left / SHARE)));
  if (limit < 1) return null;
  const began = threadCpuMs();
  let ended = false;
  try {
    return withinTime(limit, check);
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
    ended = true;
    return null;
  } finally {
    const took = threadCpuMs() - began;
    if (ended || took > FREE_MS) {
      own.left -= ended ? limit * ENDED : took - FREE_MS;
      common.left -= took;
      budgets.set(schema, own);
    }
  }
}

/** A budget, full again when its time is over. */
function renewed(budget: Budget | undefined, full: number, now: number): Budget {
  return budget !== undefined && now < budget.until ? budget : { left: full, until: now + RENEWED_MS };
}
