import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { createTestDatabase } from '../support/parley/test-database.ts';

const MAIN = join(import.meta.dirname, '../../src/main.ts');

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running `parley` command. */
export interface Running {
  readonly child: ChildProcess;
  /** Resolves with the text so far once stdout matches; rejects when the command ends first. */
  sees(pattern: RegExp): Promise<RegExpExecArray>;
  /** Writes to stdin. */
  type(text: string): void;
  /** The end of the command; stdin is closed for that. */
  end(): Promise<Outcome>;
}

/** A folder of its own to run `parley` in, as its user would: apps, data, `parley.yml`. */
export interface ParleyHome {
  readonly root: string;
  start(...args: string[]): Running;
  run(...args: string[]): Promise<Outcome>;
  /** `parley serve` on a free port, once it listens. */
  serve(...args: string[]): Promise<Running & { readonly url: string }>;
  remove(): Promise<void>;
}

/** `apps` by id; `config` becomes `parley.yml` (text is written as it is). */
export async function parleyHome(
  apps: Readonly<Record<string, string>>,
  config: Readonly<Record<string, unknown>> | string = {},
): Promise<ParleyHome> {
  const root = await mkdtemp(join(tmpdir(), 'parley-cli-'));
  const database = await createTestDatabase();
  await mkdir(join(root, 'examples'));
  for (const [id, dsl] of Object.entries(apps)) await writeFile(join(root, 'examples', `${id}.yml`), dsl);
  await writeFile(join(root, 'parley.yml'), typeof config === 'string' ? config : stringify(config));
  const children = new Set<ChildProcess>();
  const { PATH = '' } = process.env;
  const env = { PATH, NO_COLOR: '1', ...(database.url ? { PARLEY_DATABASE_URL: database.url } : {}) };

  const start = (...args: string[]): Running => {
    const child = spawn(process.execPath, [MAIN, ...args], { cwd: root, env });
    children.add(child);
    return running(child);
  };
  return {
    root,
    start,
    run: (...args) => start(...args).end(),
    async serve(...args) {
      const server = start('serve', '--port', '0', ...args);
      const [, url = ''] = await server.sees(/^listening on (http:\/\/127\.0\.0\.1:\d+)$/m);
      return { ...server, url };
    },
    async remove() {
      for (const child of children) if (child.exitCode === null) child.kill('SIGKILL');
      await rm(root, { recursive: true, force: true });
      await database.drop();
    },
  };
}

function running(child: ChildProcess): Running {
  let stdout = '';
  let stderr = '';
  const closed = once(child, 'close');
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  // A command that ends without reading its input is no error of the test.
  child.stdin?.on('error', () => {});
  return {
    child,
    async sees(pattern) {
      for (;;) {
        const match = pattern.exec(stdout);
        if (match) return match;
        const more = child.stdout ? once(child.stdout, 'data') : closed;
        const next = await Promise.race([
          more.then(() => 'more' as const),
          closed.then(() => 'closed' as const),
        ]);
        if (next === 'closed' && !pattern.test(stdout)) {
          throw new Error(`ended before ${pattern} was seen:\n${stdout}\n${stderr}`);
        }
      }
    },
    type(text) {
      child.stdin?.write(text);
    },
    async end() {
      child.stdin?.end();
      const [code] = await closed;
      return { code, stdout, stderr };
    },
  };
}
