import type { Graph } from '../src/engines/workflow/graph/graph.ts';
import { readGraph } from '../src/engines/workflow/graph/read-graph.ts';
import { nodeKinds } from '../src/engines/workflow/node-kinds.ts';
import { startRun } from '../src/engines/workflow/start-run.ts';
import { systemClock } from '../src/engines/workflow/system-clock.ts';
import type { Value } from '../src/engines/workflow/values/value.ts';
import type { WorkflowServices } from '../src/engines/workflow/workflow-services.ts';
import { MAX_STEPS, type WorkflowShape } from './workflow-shapes.ts';

/** What one run of the engine alone costs, in milliseconds. */
export interface BareRound {
  readonly runs: number;
  readonly elapsedMs: number;
  readonly cpuMs: number;
}

/** Of the services, these shapes need no others. */
const services = {
  tenant: 'bench',
  allow: [],
  clock: systemClock,
  newId: () => crypto.randomUUID(),
} as unknown as WorkflowServices;

/** Makes a function that runs the shape in this process, without server, store or events that anybody reads. */
export function bareWorkflow(shape: WorkflowShape): (runs: number) => Promise<BareRound> {
  const read = readGraph(shape.graph, nodeKinds);
  if (read.kind === 'problems') throw new Error(`${shape.id}: ${JSON.stringify(read.problems)}`);
  return async (runs) => {
    const cpu = process.cpuUsage();
    const from = performance.now();
    for (let at = 0; at < runs; at += 1) await runOnce(read.graph, shape);
    const { user, system } = process.cpuUsage(cpu);
    return { runs, elapsedMs: (performance.now() - from) / runs, cpuMs: (user + system) / 1000 / runs };
  };
}

async function runOnce(graph: Graph, { id, inputs }: WorkflowShape): Promise<void> {
  const { done } = startRun(graph, {
    services,
    signal: new AbortController().signal,
    limits: { maxSteps: MAX_STEPS },
    variables: [['start', Object.entries(inputs).map(([name, value]) => [name, { value: value as Value }])]],
    emit() {},
  });
  const { status, error } = await done;
  if (status !== 'succeeded') throw new Error(`${id}: ${status}: ${error}`);
}
