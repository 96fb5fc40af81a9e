import type { RunRequest } from '../../runs/run-request.ts';
import { streamRun } from '../stream-run.ts';
import { blockingAnswer, difyStream } from './encode.ts';
import type { DifyContext } from './route.ts';

/**
 * Starts a run and answers it as asked: streaming and blocking are the same run, read in two ways. What is wrong
 * before it starts is an ordinary HTTP error in both.
 */
export async function startRun(
  { parts, app, endUser, reply }: DifyContext,
  mode: 'streaming' | 'blocking',
  turn: Pick<RunRequest, 'query' | 'inputs' | 'files' | 'conversationId' | 'autoGenerateName'>,
): Promise<unknown> {
  const run = await parts.runs.start({
    ...turn,
    app,
    endUser: { id: endUser.id, sessionId: endUser.session_id },
    surface: 'dify',
  });
  if (mode === 'streaming') {
    streamRun(reply, run, difyStream(run));
    return reply;
  }
  const detach = run.attach();
  // A client that left while its turn was accepted has had its `close`.
  if (reply.raw.closed || reply.raw.destroyed) detach();
  else reply.raw.once('close', detach);
  const outcome = await run.ended;
  // A server that shuts down keeps no connection for a next request.
  if (!reply.server.server.listening) reply.header('connection', 'close');
  if (outcome.error) throw outcome.error;
  return blockingAnswer(run, outcome);
}
