import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { stringify } from 'yaml';
import type { Config } from '../../../src/config/config.ts';
import { loadConfig } from '../../../src/config/load-config.ts';
import { describeError } from '../../../src/operations/describe-error.ts';
import { type ParleyServer, startServer } from '../../../src/server.ts';
import { createTestDatabase } from './test-database.ts';

export interface ParleyOptions {
  /** DSL documents by app id. */
  readonly apps: Readonly<Record<string, string>>;
  /** Base URL of the mock provider, configured as `openai`; absent: no provider, the demo model answers. */
  readonly provider?: string;
  /** More of `parley.yml`. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Variables that `parley.yml` refers to. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A server of a test's own: in this process, on a free port, with a data folder and a database that go with it. */
export interface TestParley {
  readonly url: string;
  readonly dataDir: string;
  readonly appsDir: string;
  /** Where it keeps its data, for `openTestStore`. */
  readonly database: Config['database'];
  /** Lines of the server's log so far. */
  readonly log: readonly Record<string, unknown>[];
  /** The first key of an app. */
  key(app: string): string;
  /** Ends the server and starts another on the same data. */
  restart(config?: Readonly<Record<string, unknown>>): Promise<void>;
  close(): Promise<void>;
  /** A request with the app's key; `body` is sent as JSON. */
  request(app: string, method: string, path: string, body?: unknown): Promise<Response>;
}

export async function startParley(options: ParleyOptions): Promise<TestParley> {
  const root = await mkdtemp(join(tmpdir(), 'parley-test-'));
  const dataDir = join(root, 'data');
  const appsDir = join(root, 'apps');
  await mkdir(appsDir);
  for (const [id, dsl] of Object.entries(options.apps)) await writeFile(join(appsDir, `${id}.yml`), dsl);
  const database = await createTestDatabase();
  const log: Record<string, unknown>[] = [];

  const start = async (config: Readonly<Record<string, unknown>> = {}): Promise<ParleyServer> => {
    const file = join(root, 'parley.yml');
    await writeFile(file, stringify({ ...providers(options.provider), ...options.config, ...config }));
    const logger = pino(
      { level: 'debug', serializers: { err: describeError } },
      { write: (line: string) => void log.push(JSON.parse(line)) },
    );
    return startServer(
      loadConfig({
        argv: ['--config', file, '--port', '0', '--data', dataDir, '--apps', appsDir],
        env: { ...options.env, ...(database.url ? { PARLEY_DATABASE_URL: database.url } : {}) },
        cwd: root,
      }),
      logger,
    );
  };

  let server = await start();
  const key = (app: string): string => {
    const found = server.keys.get(app);
    if (!found) throw new Error(`no key for ${app}`);
    return found;
  };
  return {
    get url() {
      return server.url;
    },
    dataDir,
    appsDir,
    database: database.url
      ? { kind: 'postgres', url: database.url }
      : { kind: 'sqlite', path: join(dataDir, 'parley.db') },
    log,
    key,
    async restart(config) {
      await server.close();
      server = await start(config);
    },
    async close() {
      await server.close();
      await database.drop();
      await rm(root, { recursive: true, force: true });
    },
    request(app, method, path, body) {
      return fetch(`${server.url}/v1${path}`, {
        method,
        headers: {
          authorization: `Bearer ${key(app)}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    },
  };
}

function providers(baseUrl: string | undefined): Record<string, unknown> {
  return baseUrl ? { providers: { openai: { api_key: 'sk-test', base_url: baseUrl } } } : {};
}
