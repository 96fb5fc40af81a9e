import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from './workflow-services.ts';

export const systemClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  async sleep(ms, { signal }) {
    try {
      await sleep(ms, undefined, { signal });
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    }
  },
};
