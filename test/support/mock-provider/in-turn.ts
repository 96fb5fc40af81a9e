import type { MockReply } from './mock-reply.ts';
import type { MockScript } from './start-mock-provider.ts';

/** The first request gets the first reply, the second the second, and whatever follows the last. */
export function inTurn(...replies: readonly [MockReply, ...MockReply[]]): MockScript {
  let asked = 0;
  return () => replies[Math.min(asked++, replies.length - 1)] as MockReply;
}
