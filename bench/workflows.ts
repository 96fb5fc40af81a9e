/**
 * `node bench/workflows.ts [--quick] [--soak] [--only ID,…] [--profile FOLDER]`: what a workflow costs over the Dify Service
 * API with everything stored, beside the engine alone; with `--soak` also whether memory stays flat. Exit code 1 when a
 * target is missed.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { canPin, pinSelf } from './server-process.ts';
import { benchWorkflows } from './workflow-bench.ts';

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    soak: { type: 'boolean', default: false },
    only: { type: 'string' },
    profile: { type: 'string' },
  },
});

const open: { stop(): Promise<void> }[] = [];
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => stopAll().then(() => process.exit(1)));
if (canPin && availableParallelism() > 1) pinSelf(1);

try {
  const { report, verdicts } = await benchWorkflows({
    quick: flags.quick,
    soak: flags.soak,
    only: flags.only?.split(',') ?? null,
    profile: flags.profile ?? null,
    note(text) {
      if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
    },
    opened: (server) => open.push(server),
  });
  process.stdout.write(`\n${report}`);
  process.exitCode = verdicts.every(({ passed }) => passed) ? 0 : 1;
} finally {
  await stopAll();
}

async function stopAll(): Promise<void> {
  await Promise.all(open.map((server) => server.stop()));
}
