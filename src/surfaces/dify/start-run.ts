import type { FastifyRequest } from 'fastify';
import { invalidParam, ParleyError } from '../../errors.ts';
import type { RunRequest } from '../../runs/run-request.ts';
import { streamRun } from '../stream-run.ts';
import { blockingAnswer, difyStream } from './encode.ts';
import type { DifyContext } from './route.ts';

/**
 * Starts a run and answers it as asked: streaming and blocking are the same run, read in two ways. What is wrong
 * before it starts is an ordinary HTTP error in both.
 */
export async function startRun(
  { parts, app, endUser, request, reply, signedUrl }: DifyContext,
  mode: 'streaming' | 'blocking',
  turn: Pick<RunRequest, 'query' | 'inputs' | 'files' | 'conversationId' | 'autoGenerateName' | 'workflowId'>,
): Promise<unknown> {
  if (mode === 'blocking' && app.mode === 'agent-chat')
    throw invalidParam('Agent Chat App does not support blocking mode');
  checkTraceSession(request);
  const run = await parts.runs.start({
    ...turn,
    app,
    endUser: { id: endUser.id, sessionId: endUser.session_id },
    surface: 'dify',
    fileUrl: signedUrl,
  });
  if (mode === 'streaming') {
    streamRun(reply, run, difyStream(run, signedUrl));
    return reply;
  }
  const detach = run.attach();
  // A client that left while its turn was accepted has had its `close`.
  if (reply.raw.closed || reply.raw.destroyed) detach();
  else reply.raw.once('close', detach);
  const outcome = await run.ended;
  // A server that shuts down keeps no connection for a next request.
  if (!reply.server.server.listening) reply.header('connection', 'close');
  // How a workflow failed is its answer.
  if (outcome.error && !(app.mode === 'workflow' && outcome.workflow)) throw outcome.error;
  return blockingAnswer(run, outcome);
}

/**
 * `trace_session_id`, of the header, query or body, has 1 to 200 characters (`facts/dify-wire.md` §7.1). Nothing
 * here uses it.
 */
function checkTraceSession({ headers, query, body }: FastifyRequest): void {
  const given =
    headers['x-trace-session-id'] ??
    (query as Record<string, unknown>).trace_session_id ??
    (body as Record<string, unknown>).trace_session_id;
  if (typeof given === 'string' && (given.length < 1 || given.length > 200)) {
    throw new ParleyError('bad_request', 400, 'trace_session_id must have between 1 and 200 characters.');
  }
}
