/**
 * `npm run bench`: the mock model, the bare relay and Parley side by side, in alternating rounds, on 127.0.0.1.
 * Parley has a round over the Dify Service API (`parley`) and one over the Coze Open API (`parley-coze`), in one process.
 * Then workflows, beside the engine alone (`workflows.ts`).
 *
 * `node bench/run.ts [--quick] [--only relay|parley] [--json FILE]`. Exit code 1 when a target is missed.
 */
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { sleep } from './clock.ts';
import { firstAnswer, type Held, holdStreams, type Round, runRound, type Stopped, stopOnce } from './load.ts';
import { judge, type Measured, report, type Start } from './report.ts';
import { canPin, pinSelf, ServerProcess } from './server-process.ts';
import { direct, overCoze, startParley, startRelay, type Target, type TargetName } from './targets.ts';
import { benchWorkflows, type WorkflowsMeasured } from './workflow-bench.ts';

const RIG_CPU = 1;

const { values: flags } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, only: { type: 'string' }, json: { type: 'string' } },
});
const quick = flags.quick;
const pinned = canPin && availableParallelism() > 1;
const plan = {
  rounds: quick ? 3 : 5,
  requests: quick ? { 1: 300, 32: 600, 128: 800 } : { 1: 1000, 32: 1600, 128: 2000 },
  // Until compiled: Parley has more code than the relay, and needs some thousand chats for it.
  warmUp: quick ? 1500 : 4000,
  warmUpToHold: quick ? 400 : 4000,
  starts: 3,
  streams: quick ? 300 : 1000,
  stops: quick ? 10 : 20,
  idleMs: 3000,
} as const;

type StartTarget = (modelUrl: string) => Promise<Target>;
const servers = new Map<TargetName, StartTarget>([
  ['relay', startRelay],
  ['parley', startParley],
]);
if (flags.only !== undefined) {
  if (!servers.has(flags.only as TargetName)) throw new Error('--only takes relay or parley');
  for (const name of servers.keys()) if (name !== flags.only) servers.delete(name);
}

const open = new Set<{ stop(): Promise<void> }>();
const deadline = setTimeout(
  () => giveUp(new Error('the benchmark took longer than 15 minutes')),
  15 * 60_000,
);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => giveUp(new Error(signal)));

try {
  const measured = await measure();
  process.stdout.write(`\n${report(measured)}`);
  const workflows = await measureWorkflows();
  if (workflows !== null) process.stdout.write(`\n${workflows.report}`);
  if (flags.json !== undefined) writeFileSync(flags.json, `${JSON.stringify(measured, null, 1)}\n`);
  const verdicts = [...judge(measured), ...(workflows?.verdicts ?? [])];
  process.exitCode = verdicts.every((verdict) => verdict.passed) ? 0 : 1;
} finally {
  clearTimeout(deadline);
  await stopAll();
}

async function measure(): Promise<Measured> {
  if (pinned) pinSelf(RIG_CPU);
  const mock = join(import.meta.dirname, 'mock-model.ts');
  const model = await ServerProcess.start([mock], { cpu: RIG_CPU });
  open.add(model);

  const starts: Partial<Record<TargetName, Start[]>> = {};
  const held: Partial<Record<TargetName, Held>> = {};
  for (let turn = 0; turn < plan.starts; turn += 1) {
    for (const [name, start] of servers) {
      note(`start ${turn + 1}/${plan.starts} of ${name}`);
      const firstAnswerMs = await withTarget(start, model.url, (target) =>
        firstAnswer(target, processOf(target)),
      );
      const idleRssKb = await withTarget(start, model.url, async (target) => {
        await sleep(plan.idleMs);
        const idle = processOf(target).rssKb();
        if (turn === 0) held[name] = await hold(target);
        return idle;
      });
      starts[name] = [...(starts[name] ?? []), { firstAnswerMs, idleRssKb }];
    }
  }

  const started: Target[] = [];
  for (const start of servers.values()) {
    const target = await start(model.url);
    open.add(target);
    started.push(target);
  }
  const parley = started.filter((target) => target.name === 'parley');
  const targets = [direct(model.url), ...started, ...parley.map(overCoze)];
  for (const target of targets) {
    note(`warm-up of ${target.name}`);
    await runRound(target, plan.warmUp, 32);
  }
  const rounds: Record<number, Partial<Record<TargetName, Round[]>>> = {};
  for (const [concurrency, requests] of Object.entries(plan.requests)) {
    const byServer: Partial<Record<TargetName, Round[]>> = {};
    rounds[Number(concurrency)] = byServer;
    for (let turn = 0; turn < plan.rounds; turn += 1) {
      note(`round ${turn + 1}/${plan.rounds} at concurrency ${concurrency}`);
      for (const target of targets) {
        const round = await runRound(target, requests, Number(concurrency));
        byServer[target.name] = [...(byServer[target.name] ?? []), round];
      }
    }
  }
  const stops: Partial<Record<TargetName, Stopped[]>> = {};
  for (let turn = 0; turn < plan.stops; turn += 1) {
    note(`stop ${turn + 1}/${plan.stops}`);
    for (const target of started) {
      stops[target.name] = [...(stops[target.name] ?? []), await stopOnce(target, model.url, turn)];
    }
  }
  return { node: process.version, at: new Date().toISOString(), quick, pinned, rounds, starts, held, stops };
}

/** Null when Parley is not measured. The servers of the chats are gone by then. */
async function measureWorkflows(): Promise<WorkflowsMeasured | null> {
  if (!servers.has('parley')) return null;
  await stopAll();
  return benchWorkflows({
    quick,
    soak: false,
    profile: null,
    only: null,
    note,
    opened: (server) => open.add(server),
  });
}

/** Memory per open stream, on a process that has been in use: code is compiled and pools have grown. */
async function hold(target: Target): Promise<Held> {
  await runRound(target, plan.warmUpToHold, 32);
  await sleep(1000);
  note(`${plan.streams} slow streams through ${target.name}`);
  return holdStreams(target, processOf(target), plan.streams);
}

async function withTarget<T>(
  start: StartTarget,
  modelUrl: string,
  use: (target: Target) => Promise<T>,
): Promise<T> {
  const target = await start(modelUrl);
  open.add(target);
  try {
    return await use(target);
  } finally {
    open.delete(target);
    await target.stop();
  }
}

function processOf(target: Target): ServerProcess {
  if (target.process === null) throw new Error(`${target.name} has no process of its own`);
  return target.process;
}

function note(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

async function stopAll(): Promise<void> {
  await Promise.all([...open].map((one) => one.stop()));
  open.clear();
}

function giveUp(error: Error): void {
  console.error(error.message);
  stopAll().finally(() => process.exit(1));
}
