import type { FastifyReply } from 'fastify';

/** Aborts when the client goes away before it was answered. Costs a listener, so only those who wait make one. */
export function goneSignal(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  // A client that left before this was asked for has had its `close`.
  if (reply.raw.closed || reply.raw.destroyed) controller.abort();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort();
  });
  return controller.signal;
}
