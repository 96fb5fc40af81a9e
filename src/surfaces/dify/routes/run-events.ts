import * as z from 'zod';
import { streamRun } from '../../stream-run.ts';
import { difyStream } from '../encode.ts';
import { recallRun } from '../recall-run.ts';
import { type DifyContext, defineRoute } from '../route.ts';
import { queryInt } from '../schema.ts';

/**
 * Parley's own addition to this wire: a client whose connection was lost comes back to its run. The N-th data frame
 * of a stream is event N; `after` says how many of them the client has, and the rest follows in the same framing.
 *
 * A run that is no longer in memory is told from the store. With `after=0` that is one `message` with the whole
 * answer; with any other `after`, one `message_replace` with it, because the pieces are not kept. The end comes last
 * in every case, also to a client that has it already.
 */
const options = {
  method: 'GET',
  summary: 'Come back to a stream',
  user: { in: 'query', required: true },
  params: z.object({ task_id: z.string() }),
  query: {
    name: 'RunEventsQuery',
    schema: z.object({ after: queryInt({ min: 0, max: 2_147_483_647, default: 0 }) }),
  },
  response: { status: 200, bytes: 'text/event-stream' },
} as const;

export const chatEvents = defineRoute({
  ...options,
  path: '/chat-messages/:task_id/events',
  tag: 'Chat',
  modes: 'chat',
  handle: (context, { params, query }) => resume(context, params.task_id, query.after),
});

export const completionEvents = defineRoute({
  ...options,
  path: '/completion-messages/:task_id/events',
  tag: 'Completion',
  modes: 'completion',
  handle: (context, { params, query }) => resume(context, params.task_id, query.after),
});

export const workflowEvents = defineRoute({
  ...options,
  path: '/workflows/tasks/:task_id/events',
  tag: 'Workflow',
  modes: 'workflow',
  handle: (context, { params, query }) => resume(context, params.task_id, query.after),
});

async function resume(
  { app, owner, endUser, parts, reply, signedUrl }: DifyContext,
  taskId: string,
  seen: number,
): Promise<unknown> {
  const live = parts.runs.find(owner, taskId);
  const run = live ?? (await recallRun(parts.store, owner, app, { taskId, seen, user: endUser.session_id }));
  const newest = run.log.ended ? run.log.last - 1 : run.log.last;
  streamRun(reply, run, difyStream(run, signedUrl), { after: live ? Math.min(seen, newest) : 0 });
  return reply;
}
