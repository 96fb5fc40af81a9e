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
  reply.raw.once('close', detach);
  const outcome = await run.ended;
  if (outcome.error) throw outcome.error;
  return blockingAnswer(run, outcome);
}
