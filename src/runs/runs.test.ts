import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/support/parley/test-database.ts';
import type { App } from '../apps/app.ts';
import { AppVersions } from '../apps/app-versions.ts';
import { findOrCreateEndUser } from '../store/end-users.ts';
import { openStore, type Store } from '../store/open-store.ts';
import { AppSlots } from './app-slots.ts';
import type { Engine } from './engine.ts';
import { Journal } from './journal.ts';
import { Recorder } from './recorder.ts';
import type { Run } from './run.ts';
import { Runs } from './runs.ts';

let dir: string;
let database: TestDatabase;
let store: Store;
let journal: Journal;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'parley-runs-'));
  database = await createTestDatabase();
  store = await openStore(
    database.url ? { kind: 'postgres', url: database.url } : { kind: 'sqlite', path: join(dir, 'parley.db') },
    { info() {} },
  );
  journal = Journal.open(join(dir, 'journal'), (error) => {
    throw error;
  }).journal;
});
afterAll(async () => {
  journal.close();
  await store.destroy();
  await database.drop();
  rmSync(dir, { recursive: true });
});

const app = {
  id: 'app',
  mode: 'completion',
  version: 'v',
  config: { inputForm: [], fileUpload: { enabled: false }, workflow: null },
  settings: { onDisconnect: { kind: 'continue' }, maxConcurrency: null },
} as unknown as App;

/** A hall with an engine of the test's own. */
function hall(execute: Engine['execute']) {
  const failures: unknown[] = [];
  const engine: Engine = { check() {}, execute };
  const runs = new Runs({
    store,
    versions: new AppVersions(store, {}),
    journal,
    recorder: new Recorder(store, journal),
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
    maxExecutionMs: 60_000,
  });
  const start = async (): Promise<Run> => {
    const endUser = await findOrCreateEndUser(store, 'app', 'user');
    return runs.start({
      app,
      endUser: { id: endUser.id, sessionId: 'user' },
      surface: 'dify',
      query: '',
      inputs: {},
      files: [],
      conversationId: null,
      autoGenerateName: false,
    });
  };
  return { runs, start, failures };
}

test('ended runs stay readable, but not without bound', async () => {
  const { runs, start } = hall(async (task) => {
    for (let n = 0; n < 6; n++) task.emit({ kind: 'text', text: 'x'.repeat(1024 * 1024) });
  });
  const ended: Run[] = [];
  for (let n = 0; n < 4; n++) {
    const run = await start();
    await run.ended;
    ended.push(run);
  }
  await new Promise(setImmediate);
  const found = ended.map((run) => runs.find(run.facts.owner, run.facts.id) !== undefined);
  expect(found).toEqual([false, false, true, true]);
});

test('a stop reaches the engine before it returns, by whatever way', async () => {
  const { runs, start } = hall(
    (task) => new Promise((resolve) => task.signal.addEventListener('abort', () => resolve())),
  );
  const run = await start();
  run.stop('user');
  expect(run.signal.aborted).toBe(true);
  expect(await run.ended).toMatchObject({ status: 'stopped', stoppedBy: 'user' });
  const byId = await start();
  runs.stop(byId.facts.owner, byId.facts.id);
  expect(byId.signal.aborted).toBe(true);
  expect(await byId.ended).toMatchObject({ status: 'stopped', stoppedBy: 'user' });
});

test('an engine that does not let go after a stop does not hold the run', async () => {
  const { start } = hall(async (task) => {
    task.emit({ kind: 'text', text: 'deaf' });
    await new Promise(() => {});
  });
  const run = await start();
  run.stop('user');
  expect(await run.ended).toMatchObject({ status: 'stopped', stoppedBy: 'user', answer: 'deaf' });
});

test('an engine that speaks after a stop is not heard', async () => {
  const { start } = hall(async (task) => {
    task.emit({ kind: 'text', text: 'before' });
    task.signal.addEventListener('abort', () => task.emit({ kind: 'text', text: ' after' }));
    await new Promise((resolve) => task.signal.addEventListener('abort', resolve));
  });
  const run = await start();
  run.stop('user');
  expect(await run.ended).toMatchObject({ answer: 'before' });
  expect(run.log.last).toBe(2);
});

test('an engine that throws what it should not ends the run with an internal error, and is told of', async () => {
  const defect = new TypeError('x is undefined');
  const { start, failures } = hall(async () => {
    throw defect;
  });
  const outcome = await (await start()).ended;
  expect(outcome.status).toBe('failed');
  expect(outcome.error).toMatchObject({ code: 'internal_server_error', status: 500 });
  expect(outcome.error?.message).not.toContain('undefined');
  expect(failures).toEqual([defect]);
});

test('usage that cannot be had does not fail a run', async () => {
  const { start, failures } = hall(async (task) => {
    task.emit({ kind: 'text', text: 'fine' });
    task.setUsage(async () => {
      throw new Error('no price list');
    });
  });
  expect(await (await start()).ended).toMatchObject({
    status: 'succeeded',
    answer: 'fine',
    usage: { totalTokens: 0 },
  });
  expect(failures).toHaveLength(1);
});

test('the outcome is committed when it is told', async () => {
  const { start } = hall(async (task) => task.emit({ kind: 'text', text: 'kept' }));
  const run = await start();
  await run.ended;
  const row = await store
    .selectFrom('messages')
    .select('answer')
    .where('id', '=', run.facts.messageId)
    .executeTakeFirst();
  expect(row?.answer).toBe('kept');
});

test('a hall that closes takes no more', async () => {
  const { runs, start } = hall(async () => {});
  await runs.drain(10);
  await expect(start()).rejects.toMatchObject({ status: 503 });
});
