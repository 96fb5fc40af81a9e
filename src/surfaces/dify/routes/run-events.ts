import { setImmediate } from 'node:timers/promises';
import * as z from 'zod';
import type { Run } from '../../../runs/run.ts';
import { type StreamFormat, streamRun } from '../../stream-run.ts';
import { difyStream } from '../encode.ts';
import { recallRun } from '../recall-run.ts';
import { type DifyContext, defineRoute } from '../route.ts';
import { queryInt } from '../schema.ts';

/**
 * Parley's own addition to this wire: a client whose connection was lost comes back to its run. `after` says how many
 * data frames of the stream the client has, and the rest follows in the same framing.
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
  const format = difyStream(run, signedUrl);
  streamRun(reply, run, format, { after: live ? await eventAfter(run, format, seen) : 0 });
  return reply;
}

/** Characters of frames that are counted in one turn of the event loop. */
const AT_ONCE = 256 * 1024;

/**
 * The event that a client has come to who has `seen` frames; never the end. Of other apps each event is a frame, but what
 * happens in a workflow is not all told.
 */
async function eventAfter({ log, facts }: Run, { encode }: StreamFormat, seen: number): Promise<number> {
  if (facts.workflowRunId === null) return Math.min(seen, log.ended ? log.last - 1 : log.last);
  let frames = 0;
  let counted = 0;
  for (let seq = 0; ; seq += 1) {
    const event = log.at(seq + 1);
    if (event === undefined || event.kind === 'ended') return seq;
    const told = encode(event, seq + 1);
    if (told === '') continue;
    if (frames === seen) return seq;
    frames += 1;
    counted += told.length;
    if (counted < AT_ONCE) continue;
    counted = 0;
    await setImmediate();
  }
}
