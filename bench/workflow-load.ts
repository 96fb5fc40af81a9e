import { Pool } from 'undici';
import { now, quantile, sleep } from './clock.ts';
import type { ServerProcess } from './server-process.ts';
import type { WorkflowShape } from './workflow-shapes.ts';

const SETTLE_MS = 250; // so that what a server puts off until after its answer is counted too

export interface WorkflowRound {
  readonly runs: number;
  readonly perSecond: number;
  /** Milliseconds from request to the whole answer. */
  readonly p50: number;
  readonly p99: number;
  /** CPU milliseconds of the server process per run. */
  readonly cpuMs: number;
}

export interface WorkflowLoad {
  readonly runs: number;
  readonly concurrency: number;
  readonly mode: 'blocking' | 'streaming';
}

/** `runs` runs of a served workflow over connections that stay open. One that does not succeed ends the benchmark. */
export async function loadWorkflow(
  server: ServerProcess,
  shape: WorkflowShape,
  { runs, concurrency, mode }: WorkflowLoad,
): Promise<WorkflowRound> {
  const pool = new Pool(server.url, { connections: concurrency, pipelining: 1 });
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${shape.key}` };
  const bodies = Array.from({ length: 20 }, (_, user) =>
    JSON.stringify({ inputs: shape.inputs, response_mode: mode, user: `user-${user}` }),
  );
  const took: number[] = [];
  const cpuBefore = server.cpuMs();
  const startedAt = now();
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < runs) {
      const body = bodies[next++ % bodies.length] as string;
      const sentAt = now();
      const answer = await pool.request({ method: 'POST', path: '/v1/workflows/run', headers, body });
      const text = await answer.body.text();
      took.push(now() - sentAt);
      if (answer.statusCode !== 200 || !hasSucceeded(text, mode))
        throw new Error(`${shape.id}: a run did not succeed: ${answer.statusCode} ${text.slice(-500)}`);
    }
  };
  try {
    await Promise.all(Array.from({ length: concurrency }, worker));
  } finally {
    await pool.destroy();
  }
  const seconds = (now() - startedAt) / 1000;
  await sleep(SETTLE_MS);
  return {
    runs,
    perSecond: runs / seconds,
    p50: quantile(took, 0.5),
    p99: quantile(took, 0.99),
    cpuMs: (server.cpuMs() - cpuBefore) / runs,
  };
}

function hasSucceeded(text: string, mode: WorkflowLoad['mode']): boolean {
  if (mode === 'blocking') return /"status": ?"succeeded"/.test(text);
  return /"event": ?"workflow_finished".*"status": ?"succeeded"[^\n]*\n\n$/.test(text);
}
