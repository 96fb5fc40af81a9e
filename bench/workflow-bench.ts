import { type BareRound, bareWorkflow } from './bare-workflow.ts';
import { median } from './clock.ts';
import { round, table, type Verdict, verdictTable } from './report.ts';
import { canPin } from './server-process.ts';
import { startServed } from './targets.ts';
import { loadWorkflow, type WorkflowLoad, type WorkflowRound } from './workflow-load.ts';
import {
  BARE,
  CHAIN,
  EACH,
  EMPTY,
  SERVED,
  type WorkflowShape,
  workflowConfig,
  workflowFile,
} from './workflow-shapes.ts';
import { type Sample, soak, soakReport, soakVerdicts } from './workflow-soak.ts';

/** Runs of an empty workflow that Dify publishes per second, several processes together (`facts/peers.md`). */
const DIFY_PER_SECOND = 40;

export interface WorkflowBench {
  readonly quick: boolean;
  /** Whether memory is watched over many runs too. */
  readonly soak: boolean;
  /** Folder for a CPU profile of the server; null: none is made. */
  readonly profile: string | null;
  /** Shapes by id; null: all. */
  readonly only: readonly string[] | null;
  note(text: string): void;
  /** Told of everything that has to be stopped, as soon as it runs. */
  opened(server: { stop(): Promise<void> }): void;
}

interface Row {
  readonly shape: WorkflowShape;
  readonly load: WorkflowLoad;
  readonly rounds: WorkflowRound[];
  readonly bare: BareRound[];
}

export interface WorkflowsMeasured {
  readonly report: string;
  readonly verdicts: readonly Verdict[];
}

/** Loads of each shape, in the order of their rounds. */
function plan(quick: boolean): readonly (readonly [WorkflowShape, WorkflowLoad])[] {
  const runs = (many: number): number => (quick ? Math.ceil(many / 4) : many);
  return [
    [EMPTY, { runs: runs(1000), concurrency: 1, mode: 'blocking' }],
    [CHAIN, { runs: runs(200), concurrency: 1, mode: 'blocking' }],
    [EACH, { runs: runs(20), concurrency: 1, mode: 'blocking' }],
    [EMPTY, { runs: runs(4000), concurrency: 32, mode: 'blocking' }],
    [EMPTY, { runs: runs(4000), concurrency: 32, mode: 'streaming' }],
    [CHAIN, { runs: runs(400), concurrency: 32, mode: 'blocking' }],
  ];
}

/** Measures served workflows in alternating rounds, each round beside the bare engine in this process. */
export async function benchWorkflows(options: WorkflowBench): Promise<WorkflowsMeasured> {
  const { quick, note } = options;
  const flags = options.profile === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${options.profile}`];
  const files = new Map(SERVED.map((shape) => [shape.id, workflowFile(shape)]));
  const server = await startServed(files, workflowConfig(), flags);
  options.opened(server);
  const chosen = (shape: WorkflowShape): boolean => options.only?.includes(shape.id) ?? true;
  const rows: Row[] = plan(quick)
    .filter(([shape]) => chosen(shape))
    .map(([shape, load]) => ({ shape, load, rounds: [], bare: [] }));
  const bare = new Map(SERVED.map((shape) => [shape, bareWorkflow(shape)] as const));
  for (const { shape, load } of rows) {
    note(`warm-up of ${shape.id}`);
    await loadWorkflow(server.process, shape, { ...load, runs: Math.max(load.runs, warmUpOf(shape)) });
    await bare.get(shape)?.(warmUpOf(shape));
  }
  const turns = quick ? 3 : 5;
  for (let turn = 0; turn < turns; turn += 1) {
    for (const row of rows) {
      note(`round ${turn + 1}/${turns} of ${row.shape.id} at concurrency ${row.load.concurrency}`);
      row.rounds.push(await loadWorkflow(server.process, row.shape, row.load));
      const alone = await bare.get(row.shape)?.(row.load.runs);
      if (alone) row.bare.push(alone);
    }
  }
  const others: (readonly [WorkflowShape, BareRound])[] = [];
  for (const shape of BARE.filter(chosen)) {
    note(`bare ${shape.id}`);
    const run = bareWorkflow(shape);
    const runs = Math.ceil((quick ? 3_000 : 20_000) / shape.nodes);
    await run(runs);
    others.push([shape, await run(runs)]);
  }
  const samples = options.soak
    ? await soak(server.process, EMPTY, { runs: quick ? 5_000 : 100_000, note })
    : [];
  await server.stop();
  return summary(rows, others, samples, quick);
}

function warmUpOf(shape: WorkflowShape): number {
  return Math.ceil(60_000 / (shape.nodes + 20));
}

function summary(
  rows: readonly Row[],
  others: readonly (readonly [WorkflowShape, BareRound])[],
  samples: readonly Sample[],
  quick: boolean,
): WorkflowsMeasured {
  const verdicts = [...judge(rows), ...soakVerdicts(samples)];
  const pinned = canPin ? 'server on CPU 0, load and bare engine on CPU 1' : 'NOT pinned';
  const parts = [
    '# Workflows',
    `Node ${process.version}, loopback, SQLite, ${pinned}${quick ? ', --quick' : ''}. Medians of alternating rounds; the bare engine has neither server nor store.`,
    servedTable(rows),
  ];
  if (others.length > 0) parts.push('## The bare engine alone', bareTable(others));
  if (samples.length > 0) parts.push('## Memory', soakReport(samples));
  if (verdicts.length > 0) parts.push('## Targets', verdictTable(verdicts));
  return { report: `${parts.join('\n\n')}\n`, verdicts };
}

function servedTable(rows: readonly Row[]): string {
  const titles = ['workflow', 'answer', 'at once', 'runs/s', 'p50 ms', 'p99 ms', 'CPU ms/run', 'CPU ms/node'];
  const cells = rows.map(({ shape, load, rounds, bare }) => {
    const of = (value: (one: WorkflowRound) => number): number => median(rounds.map(value));
    const cpuMs = of((one) => one.cpuMs);
    const alone = median(bare.map((one) => one.cpuMs));
    return [
      shape.title,
      load.mode,
      String(load.concurrency),
      ...[of((one) => one.perSecond), of((one) => one.p50), of((one) => one.p99)].map(round),
      round(cpuMs),
      round(cpuMs / shape.nodes),
      round(alone),
      `×${round(cpuMs / alone)}`,
    ];
  });
  return table([...titles, 'bare CPU ms/run', 'ratio'], cells);
}

function bareTable(others: readonly (readonly [WorkflowShape, BareRound])[]): string {
  const cells = others.map(([{ title, nodes }, { elapsedMs, cpuMs }]) => [
    title,
    round(elapsedMs),
    round(cpuMs),
    round((cpuMs * 1000) / nodes),
  ]);
  return table(['workflow', 'ms/run', 'CPU ms/run', 'CPU µs/node'], cells);
}

function judge(rows: readonly Row[]): Verdict[] {
  const verdicts: Verdict[] = [];
  const find = (shape: WorkflowShape, concurrency: number): readonly WorkflowRound[] =>
    rows.find(
      (row) => row.shape === shape && row.load.concurrency === concurrency && row.load.mode === 'blocking',
    )?.rounds ?? [];
  const perSecond = median(find(EMPTY, 32).map((one) => one.perSecond));
  if (!Number.isNaN(perSecond))
    verdicts.push({
      name: `empty workflow against the ${DIFY_PER_SECOND} runs/s that Dify publishes, one process`,
      limit: '≥ 10 ×',
      measured: `${round(perSecond / DIFY_PER_SECOND)} ×`,
      passed: perSecond >= 10 * DIFY_PER_SECOND,
    });
  const empty = find(EMPTY, 1);
  // Each round against the one before it: what slows the machine for longer slows both.
  const added = median(
    find(CHAIN, 1).map(
      (one, turn) => (one.p50 - (empty[turn]?.p50 ?? Number.NaN)) / (CHAIN.nodes - EMPTY.nodes),
    ),
  );
  if (!Number.isNaN(added))
    verdicts.push({
      name: 'added time per node, median, concurrency 1',
      limit: '≤ 0.3 ms',
      measured: `${round(added)} ms`,
      passed: added <= 0.3,
    });
  return verdicts;
}
