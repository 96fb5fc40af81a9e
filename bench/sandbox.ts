/**
 * `node bench/sandbox.ts`: what code nodes cost. Prints a table, and ends with 1 when a warm call takes longer than it may.
 */
import { readFileSync } from 'node:fs';
import { createSandbox } from '../src/sandbox/create-sandbox.ts';
import { DEFAULT_SANDBOX_SETTINGS } from '../src/sandbox/default-sandbox-settings.ts';
import type { Sandbox } from '../src/sandbox/sandbox.ts';
import { median } from './clock.ts';

type Language = 'javascript' | 'python3';

/** Nothing but the call itself, with an input and a result as code nodes have them. */
const CODE: Readonly<Record<Language, string>> = {
  javascript: 'function main({ text }) { return { length: text.length } }',
  python3: 'def main(text):\n  return {"length": len(text)}',
};
/** Milliseconds that a warm call may take, median. */
const TARGET: Readonly<Record<Language, number>> = { javascript: 2, python3: 10 };
const CALLS = 500;
const TENANTS = 4;

interface Measured {
  /** Milliseconds until the first result of a server, and of each further tenant. */
  readonly firstMs: number;
  readonly nextMs: number;
  /** Milliseconds of warm calls, one after the other, in order of size. */
  readonly warm: readonly number[];
  readonly perSecond: number;
  /** Of the processor, per warm call, what the server does for it included. */
  readonly cpuMs: number;
  readonly workerMb: number;
  /** Back from a call that is stopped in a busy loop. */
  readonly stopMs: number;
}

const measured: Record<string, Measured> = {};
for (const language of ['javascript', 'python3'] as const) measured[language] = await measure(language);

const rows: readonly (readonly [string, (one: Measured) => string])[] = [
  ['first call of a server ms', (one) => one.firstMs.toFixed(0)],
  ['first call of a further tenant ms', (one) => one.nextMs.toFixed(0)],
  ['warm call, median ms', (one) => median([...one.warm]).toFixed(2)],
  ['warm call, p95 ms', (one) => (one.warm[Math.floor(one.warm.length * 0.95)] as number).toFixed(2)],
  ['warm calls per second, one interpreter', (one) => one.perSecond.toFixed(0)],
  ['processor per warm call ms', (one) => one.cpuMs.toFixed(2)],
  ['memory per interpreter MB', (one) => one.workerMb.toFixed(0)],
  ['stop of a busy loop, median ms', (one) => one.stopMs.toFixed(1)],
];
console.log(`| ${process.version} | JavaScript | Python |\n| --- | ---: | ---: |`);
for (const [title, of] of rows) {
  console.log(`| ${title} | ${of(measured.javascript as Measured)} | ${of(measured.python3 as Measured)} |`);
}
for (const language of ['javascript', 'python3'] as const) {
  const took = median([...(measured[language] as Measured).warm]);
  const passed = took <= TARGET[language];
  console.log(
    `${language}: ${took.toFixed(2)} ms per warm call, at most ${TARGET[language]}: ${passed ? 'pass' : 'FAIL'}`,
  );
  if (!passed) process.exitCode = 1;
}

async function measure(language: Language): Promise<Measured> {
  const sandbox = createSandbox({ ...DEFAULT_SANDBOX_SETTINGS, maxWorkers: TENANTS + 1 });
  try {
    const firstMs = await timed(() => call(sandbox, language, 'tenant 0'));
    const before = rssMb();
    const next: number[] = [];
    for (let tenant = 1; tenant < TENANTS; tenant += 1) {
      next.push(await timed(() => call(sandbox, language, `tenant ${tenant}`)));
    }
    const workerMb = (rssMb() - before) / (TENANTS - 1);
    for (let turn = 0; turn < 50; turn += 1) await call(sandbox, language, 'tenant 0');

    const warm: number[] = [];
    const cpu = process.cpuUsage();
    const began = performance.now();
    for (let turn = 0; turn < CALLS; turn += 1) {
      warm.push(await timed(() => call(sandbox, language, 'tenant 0')));
    }
    const perSecond = (CALLS / (performance.now() - began)) * 1000;
    const { user, system } = process.cpuUsage(cpu);
    const cpuMs = (user + system) / 1000 / CALLS;
    const stops: number[] = [];
    for (let turn = 0; turn < 5; turn += 1) stops.push(await stop(sandbox, language));
    warm.sort((a, b) => a - b);
    return { firstMs, nextMs: median(next), warm, perSecond, cpuMs, workerMb, stopMs: median(stops) };
  } finally {
    await sandbox.close();
  }
}

async function call(sandbox: Sandbox, language: Language, tenant: string): Promise<void> {
  const request = {
    language,
    code: CODE[language],
    call: 'main',
    inputs: { text: 'hello' },
    tenant,
  } as const;
  const { value } = await sandbox.run(request, { signal: AbortSignal.timeout(120_000) });
  if ((value as { length: number }).length !== 5) throw new Error(`Wrong result: ${JSON.stringify(value)}`);
}

/** Milliseconds from a stop until the call is over. */
async function stop(sandbox: Sandbox, language: Language): Promise<number> {
  const code = language === 'python3' ? 'while True: pass' : 'for (;;);';
  const controller = new AbortController();
  const request = { language, code, call: 'script', inputs: {}, tenant: 'tenant 0' } as const;
  await call(sandbox, language, 'tenant 0');
  const running = sandbox.run(request, { signal: controller.signal });
  await new Promise((resolve) => setTimeout(resolve, 100));
  return timed(async () => {
    controller.abort();
    await running.catch(() => {});
  });
}

async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

function rssMb(): number {
  const [, kb] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return Number(kb) / 1024;
}
