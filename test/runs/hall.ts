import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { App } from '../../src/apps/app.ts';
import { AppVersions } from '../../src/apps/app-versions.ts';
import { AppSlots } from '../../src/runs/app-slots.ts';
import type { Engine } from '../../src/runs/engine.ts';
import { Journal } from '../../src/runs/journal.ts';
import { Recorder } from '../../src/runs/recorder.ts';
import type { Run } from '../../src/runs/run.ts';
import { Runs } from '../../src/runs/runs.ts';
import type { RunsOptions } from '../../src/runs/runs-options.ts';
import { findOrCreateEndUser } from '../../src/store/end-users.ts';
import { openStore, type Store } from '../../src/store/open-store.ts';
import { createTestDatabase } from '../support/parley/test-database.ts';

/** Runs on a real store and journal, with an engine of the test's own and no server around them. */
export interface TestHall {
  readonly runs: Runs;
  readonly store: Store;
  /** What the observer was told of defects. */
  readonly failures: readonly unknown[];
  start(request?: { readonly conversationId?: string }): Promise<Run>;
  close(): Promise<void>;
}

export async function openHall(
  execute: Engine['execute'],
  options: {
    readonly settings?: Partial<App['settings']>;
    readonly versions?: (versions: AppVersions) => Pick<AppVersions, 'keep' | 'find'>;
    readonly recorder?: Pick<Recorder, 'commit'>;
  } = {},
): Promise<TestHall> {
  const dir = mkdtempSync(join(tmpdir(), 'parley-hall-'));
  const database = await createTestDatabase();
  const store = await openStore(
    database.url ? { kind: 'postgres', url: database.url } : { kind: 'sqlite', path: join(dir, 'parley.db') },
    { info() {} },
  );
  const { journal } = Journal.open(join(dir, 'journal'), (error) => {
    throw error;
  });
  const recorder = new Recorder(store, journal);
  const versions = new AppVersions(store, {});
  const engine: Engine = { check() {}, execute };
  const failures: unknown[] = [];
  const runs = new Runs({
    store,
    versions: (options.versions?.(versions) ?? versions) as AppVersions,
    journal,
    recorder: (options.recorder ?? recorder) as Recorder,
    processId: 'p',
    engines: {
      chat: engine,
      'agent-chat': engine,
      completion: engine,
      workflow: engine,
      'advanced-chat': engine,
    },
    services: { suggestQuestions: async () => [], writeTitle: async () => 'title' },
    observer: {
      started() {},
      firstText() {},
      ended() {},
      failed: (_run, error) => void failures.push(error),
    },
    slots: new AppSlots(),
    maxExecutionMs: 3_600_000,
  } satisfies RunsOptions);
  const app = {
    id: 'app',
    mode: 'chat',
    version: 'v',
    definition: '',
    config: { inputForm: [], fileUpload: { enabled: false }, openingStatement: '', workflow: null },
    settings: { onDisconnect: { kind: 'continue' }, maxConcurrency: null, ...options.settings },
  } as unknown as App;
  return {
    runs,
    store,
    failures,
    async start(request = {}) {
      const endUser = await findOrCreateEndUser(store, 'app', 'user');
      return runs.start({
        app,
        endUser: { id: endUser.id, sessionId: 'user' },
        surface: 'dify',
        query: 'q',
        inputs: {},
        files: [],
        conversationId: request.conversationId ?? null,
        autoGenerateName: false,
      });
    },
    async close() {
      await recorder.close();
      journal.close();
      await store.destroy();
      await database.drop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** An engine that says `text` and then waits for its stop. */
export function saying(text: string): Engine['execute'] {
  return async (task) => {
    task.emit({ kind: 'text', text });
    await new Promise<void>((resolve) => {
      if (task.signal.aborted) resolve();
      else task.signal.addEventListener('abort', () => resolve(), { once: true });
    });
  };
}
