import { median, sleep } from './clock.ts';
import { round, table, type Verdict } from './report.ts';
import type { ServerProcess } from './server-process.ts';
import { loadWorkflow } from './workflow-load.ts';
import type { WorkflowShape } from './workflow-shapes.ts';

const STEPS = 10;
/** What the last third of a soak may grow by. */
const FLAT_MB = 10;

export interface Sample {
  /** Runs so far. */
  readonly runs: number;
  readonly rssMb: number;
  readonly perSecond: number;
}

/** Watches memory over many runs: before them, and after each tenth of them, while nothing runs. */
export async function soak(
  server: ServerProcess,
  shape: WorkflowShape,
  { runs, note }: { runs: number; note(text: string): void },
): Promise<Sample[]> {
  const samples: Sample[] = [{ runs: 0, rssMb: await restingMb(server), perSecond: Number.NaN }];
  for (let step = 1; step <= STEPS; step += 1) {
    note(`soak ${step}/${STEPS}`);
    const load = { runs: runs / STEPS, concurrency: 32, mode: 'blocking' } as const;
    const { perSecond } = await loadWorkflow(server, shape, load);
    samples.push({ runs: step * load.runs, rssMb: await restingMb(server), perSecond });
  }
  return samples;
}

async function restingMb(server: ServerProcess): Promise<number> {
  const samples: number[] = [];
  for (let at = 0; at < 5; at += 1) {
    await sleep(200);
    samples.push(server.rssKb() / 1024);
  }
  return median(samples);
}

export function soakReport(samples: readonly Sample[]): string {
  const rows = samples.map(({ runs, rssMb, perSecond }) => [String(runs), round(rssMb), round(perSecond)]);
  return `${table(['runs', 'MB', 'runs/s'], rows)}\n\nSlope of the last third: ${round(slope(lastThird(samples)))} KB per 1,000 runs.`;
}

export function soakVerdicts(samples: readonly Sample[]): Verdict[] {
  const last = lastThird(samples);
  const [from] = last;
  const to = last.at(-1);
  if (!from || !to) return [];
  const grown = to.rssMb - from.rssMb;
  return [
    {
      name: `memory over ${to.runs} runs, growth in the last third`,
      limit: `≤ ${FLAT_MB} MB`,
      measured: `${round(grown)} MB`,
      passed: grown <= FLAT_MB,
    },
  ];
}

function lastThird(samples: readonly Sample[]): readonly Sample[] {
  return samples.slice(Math.floor((samples.length * 2) / 3) - 1);
}

/** KB per 1,000 runs, of the straight line that fits best. */
function slope(samples: readonly Sample[]): number {
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, one) => sum + one, 0) / values.length;
  const runs = mean(samples.map((one) => one.runs));
  const mb = mean(samples.map((one) => one.rssMb));
  const over = samples.reduce((sum, one) => sum + (one.runs - runs) * (one.rssMb - mb), 0);
  const under = samples.reduce((sum, one) => sum + (one.runs - runs) ** 2, 0);
  return (over / under) * 1024 * 1000;
}
