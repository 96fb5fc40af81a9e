import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/support/parley/test-database.ts';
import { acceptTurn } from '../store/accept-turn.ts';
import { findOrCreateEndUser } from '../store/end-users.ts';
import { finishTurn } from '../store/finish-turn.ts';
import { newId } from '../store/new-id.ts';
import { openStore, type Store } from '../store/open-store.ts';
import { beat } from '../store/processes.ts';
import { NOTHING_MADE } from './made.ts';
import { LEASE_MS, ORPHANED, recoverRuns } from './recover-runs.ts';

let dir: string;
let database: TestDatabase;
let store: Store;
let endUserId: string;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'parley-recover-'));
  database = await createTestDatabase();
  store = await openStore(
    database.url ? { kind: 'postgres', url: database.url } : { kind: 'sqlite', path: join(dir, 'parley.db') },
    { info() {} },
  );
  endUserId = (await findOrCreateEndUser(store, 'app', 'user')).id;
});
afterAll(async () => {
  await store.destroy();
  await database.drop();
  rmSync(dir, { recursive: true });
});

/** A run that a process has begun and not ended. */
async function begin(processId: string): Promise<{ id: string; message_id: string }> {
  const now = Date.now();
  const id = newId();
  const message_id = newId();
  await acceptTurn(store, {
    run: {
      id,
      app_id: 'app',
      app_version: 'v',
      end_user_id: endUserId,
      message_id,
      conversation_id: null,
      surface: 'dify',
      status: 'running',
      error: null,
      stopped_by: null,
      error_code: null,
      metadata: null,
      canceled_at: null,
      process_id: processId,
      created_at: now,
      finished_at: null,
    },
    message: {
      id: message_id,
      app_id: 'app',
      conversation_id: null,
      end_user_id: endUserId,
      run_id: id,
      inputs: '{}',
      query: 'q',
      answer: '',
      status: 'normal',
      error: null,
      prompt_tokens: 0,
      answer_tokens: 0,
      total_price: '0',
      currency: 'USD',
      latency_ms: 0,
      usage: null,
      section: null,
      query_metadata: null,
      answer_metadata: null,
      query_hidden: 0,
      answer_hidden: 0,
      created_at: now,
      updated_at: now,
    },
    files: [],
    newConversation: null,
    items: [],
    queryFrom: null,
    workflowRun: null,
    exclusive: false,
    claim: null,
  });
  return { id, message_id };
}

async function read({ id, message_id }: { id: string; message_id: string }) {
  const run = await store.selectFrom('runs').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
  const message = await store
    .selectFrom('messages')
    .selectAll()
    .where('id', '=', message_id)
    .executeTakeFirstOrThrow();
  return { status: run.status, answer: message.answer, error: message.error };
}

const saying = (run: { id: string }, answer: string) => new Map([[run.id, { ...NOTHING_MADE, answer }]]);

test('a process that comes back ends what it left, with what the journal holds', async () => {
  const run = await begin('one');
  await beat(store, 'one', Date.now());
  const recovered = await recoverRuns(store, {
    processId: 'one',
    made: saying(run, 'said so far'),
    own: true,
  });
  expect(recovered).toEqual({ ended: 1, failed: 0 });
  expect(await read(run)).toEqual({ status: 'failed', answer: 'said so far', error: ORPHANED });
  expect((await recoverRuns(store, { processId: 'one', made: new Map(), own: true })).ended).toBe(0);
});

test('a living process’s runs are left alone by others', async () => {
  await beat(store, 'living', Date.now());
  const run = await begin('living');
  expect((await recoverRuns(store, { processId: 'other', made: new Map(), own: false })).ended).toBe(0);
  expect((await read(run)).status).toBe('running');
});

test('another process ends the runs of a dead one; its journal fills in the answer when it comes back', async () => {
  await beat(store, 'dead', Date.now() - LEASE_MS - 1);
  const run = await begin('dead');
  expect((await recoverRuns(store, { processId: 'other', made: new Map(), own: false })).ended).toBe(1);
  expect(await read(run)).toEqual({ status: 'failed', answer: '', error: ORPHANED });
  await recoverRuns(store, { processId: 'dead', made: saying(run, 'a client saw this'), own: true });
  expect(await read(run)).toEqual({ status: 'failed', answer: 'a client saw this', error: ORPHANED });
});

test('a run ends once: whoever comes second changes nothing', async () => {
  const run = await begin('once');
  const usage = {
    prompt_tokens: 1,
    answer_tokens: 1,
    total_price: '0',
    currency: 'USD',
    latency_ms: 1,
    usage: null,
  };
  const outcome = {
    status: 'succeeded',
    error: null,
    errorCode: null,
    finishedAt: 1,
    stoppedBy: null,
    answer: 'first',
    usage,
  } as const;
  expect(await finishTurn(store, run, outcome)).toEqual({ canceledAt: null });
  expect(
    await finishTurn(store, run, {
      ...outcome,
      status: 'stopped',
      answer: 'second',
    }),
  ).toBeNull();
  await recoverRuns(store, { processId: 'once', made: saying(run, 'from the journal'), own: true });
  expect(await read(run)).toEqual({ status: 'succeeded', answer: 'first', error: null });
});

test('of many who end a run at once, one does', async () => {
  const run = await begin('raced');
  const usage = {
    prompt_tokens: 0,
    answer_tokens: 0,
    total_price: '0',
    currency: 'USD',
    latency_ms: 0,
    usage: null,
  };
  const results = await Promise.all(
    ['succeeded', 'stopped', 'failed', 'stopped', 'succeeded'].map((status) =>
      finishTurn(store, run, {
        status: status as 'failed',
        error: null,
        stoppedBy: null,
        errorCode: null,
        finishedAt: 1,
        answer: status,
        usage,
      }),
    ),
  );
  expect(results.filter(Boolean)).toHaveLength(1);
  const { status, answer } = await read(run);
  expect(answer).toBe(status);
});
