import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Config } from '../../src/config/config.ts';
import { createTestDatabase } from '../support/parley/test-database.ts';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;
const KEY = 'app-crash0000000000000000000000';

/** A folder with apps, configuration and data that outlives the server processes on it. */
export interface Home {
  readonly key: string;
  readonly database: Config['database'];
  readonly dataDir: string;
  /** Starts `node src/main.ts serve` and waits until it listens. @throws Error with its output when it ends instead */
  serve(): Promise<Child>;
  remove(): Promise<void>;
}

export interface Child {
  readonly url: string;
  /** `kill -9`; resolves when the process is gone. */
  kill(): Promise<void>;
  /** SIGTERM; resolves with the exit code. */
  end(): Promise<number | null>;
}

export async function makeHome(options: {
  readonly apps: Record<string, string>;
  readonly provider: string;
  /** More of `parley.yml`. */
  readonly config?: Readonly<Record<string, unknown>>;
}): Promise<Home> {
  const root = await mkdtemp(join(tmpdir(), 'parley-crash-'));
  const dataDir = join(root, 'data');
  const appsDir = join(root, 'apps');
  await mkdir(appsDir);
  for (const [id, dsl] of Object.entries(options.apps)) await writeFile(join(appsDir, `${id}.yml`), dsl);
  const [firstApp] = Object.keys(options.apps);
  const config = join(root, 'parley.yml');
  await writeFile(
    config,
    stringify({
      providers: { openai: { api_key: 'sk-test', base_url: options.provider } },
      keys: [{ key: KEY, app: firstApp }],
      limits: { drain_time: '200ms' },
      ...options.config,
    }),
  );
  const database = await createTestDatabase();
  const children = new Set<ChildProcess>();
  return {
    key: KEY,
    database: database.url
      ? { kind: 'postgres', url: database.url }
      : { kind: 'sqlite', path: join(dataDir, 'parley.db') },
    dataDir,
    async serve() {
      const child = spawn(
        process.execPath,
        [MAIN, 'serve', '--config', config, '--port', '0', '--data', dataDir, '--apps', appsDir],
        {
          cwd: root,
          env: { PATH: process.env.PATH, ...(database.url ? { PARLEY_DATABASE_URL: database.url } : {}) },
          stdio: ['ignore', 'pipe', 'pipe'],
        },
      );
      children.add(child);
      const gone = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
      const url = await listening(child, gone);
      return {
        url,
        async kill() {
          child.kill('SIGKILL');
          await gone;
        },
        async end() {
          child.kill('SIGTERM');
          return gone;
        },
      };
    },
    async remove() {
      for (const child of children) child.kill('SIGKILL');
      await database.drop();
      await rm(root, { recursive: true, force: true });
    },
  };
}

function listening(child: ChildProcess, gone: Promise<number | null>): Promise<string> {
  let output = '';
  return new Promise((resolve, reject) => {
    child.stderr?.on('data', (chunk) => {
      output += chunk;
    });
    child.stdout?.on('data', (chunk) => {
      output += chunk;
      const url = /^listening on (\S+)$/m.exec(output)?.[1];
      if (url) resolve(url);
    });
    gone.then((code) => setImmediate(() => reject(new Error(`exit code ${code}: ${output}`))));
  });
}
