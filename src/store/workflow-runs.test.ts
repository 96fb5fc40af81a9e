import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/support/parley/test-database.ts';
import {
  ensureConversationVariables,
  findOwnedVariable,
  listConversationVariables,
  listOwnedVariables,
  setConversationVariable,
  updateOwnedVariable,
} from './conversation-variables.ts';
import { deleteConversation, insertConversation } from './conversations.ts';
import { findOrCreateEndUser } from './end-users.ts';
import { listWorkflowRuns, type RunFilters } from './list-workflow-runs.ts';
import { newId } from './new-id.ts';
import { insertNodeExecutions, keepNodeExecutions, listNodeExecutions } from './node-executions.ts';
import { openStore, type Store } from './open-store.ts';
import type { ConversationVariableRow, NodeExecutionRow, WorkflowRunRow } from './schema.ts';
import {
  endWorkflowRun,
  failOrphanedWorkflowRun,
  findWorkflowRun,
  insertWorkflowRun,
} from './workflow-runs.ts';

let dir: string;
let database: TestDatabase;
let store: Store;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'parley-workflow-runs-'));
  database = await createTestDatabase();
  store = await openStore(
    database.url ? { kind: 'postgres', url: database.url } : { kind: 'sqlite', path: join(dir, 'parley.db') },
    { info: () => {} },
  );
});
afterAll(async () => {
  await store.destroy();
  await database.drop();
  rmSync(dir, { recursive: true });
});

/** A conversation with a turn, whose run it is. */
async function begin(
  app: string,
  user: string,
): Promise<{ run: string; conversation: string; owner: string }> {
  const owner = (await findOrCreateEndUser(store, app, user)).id;
  const [run, conversation, message] = [newId(), newId(), newId()];
  const common = { app_id: app, app_version: 'v', end_user_id: owner, created_at: 1, updated_at: 1 };
  await insertConversation(store, {
    ...common,
    id: conversation,
    surface: 'dify',
    name: '',
    inputs: '{}',
    introduction: '',
    status: 'normal',
    metadata: null,
    section: null,
  });
  await store
    .insertInto('messages')
    .values({
      id: message,
      app_id: app,
      conversation_id: conversation,
      end_user_id: owner,
      run_id: run,
      inputs: '{}',
      query: '',
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
      created_at: 1,
      updated_at: 1,
    })
    .execute();
  await store
    .insertInto('runs')
    .values({
      id: run,
      app_id: app,
      app_version: 'v',
      end_user_id: owner,
      message_id: message,
      conversation_id: conversation,
      surface: 'dify',
      status: 'running',
      error: null,
      error_code: null,
      stopped_by: null,
      process_id: 'p',
      metadata: null,
      canceled_at: null,
      created_at: 1,
      finished_at: null,
    })
    .execute();
  return { run, conversation, owner };
}

async function beginWorkflow(
  app: string,
  user: string,
  row: Partial<WorkflowRunRow> = {},
): Promise<WorkflowRunRow & { conversation: string }> {
  const { run, conversation, owner } = await begin(app, user);
  const workflow: WorkflowRunRow = {
    id: newId(),
    run_id: run,
    app_id: app,
    end_user_id: owner,
    workflow_id: 'w',
    status: 'running',
    inputs: '{}',
    outputs: null,
    error: null,
    elapsed_ms: 0,
    total_tokens: 0,
    total_steps: 0,
    exceptions_count: 0,
    created_at: 1000,
    finished_at: null,
    ...row,
  };
  await insertWorkflowRun(store, workflow);
  return { ...workflow, conversation };
}

const node = (workflowRunId: string, position: number): NodeExecutionRow => ({
  id: newId(),
  app_id: 'app',
  workflow_run_id: workflowRunId,
  node_id: `n${position}`,
  node_type: 'code',
  title: 'A node',
  position,
  status: 'succeeded',
  inputs: '{"a":1}',
  process_data: '{}',
  outputs: '{"b":2}',
  error: null,
  elapsed_ms: 3,
  metadata: '{}',
  created_at: 5,
  finished_at: 8,
});

const variable = (
  conversation: string,
  name: string,
  row: Partial<ConversationVariableRow> = {},
): ConversationVariableRow => ({
  id: newId(),
  app_id: 'app',
  conversation_id: conversation,
  name,
  value_type: 'string',
  value: '"v"',
  description: '',
  created_at: 1,
  updated_at: 1,
  ...row,
});

describe('one run', () => {
  const end = {
    status: 'partial-succeeded',
    inputs: null,
    outputs: '{"text":"x"}',
    error: null,
    elapsedMs: 12,
    totalTokens: 3_000_000_000,
    totalSteps: 4,
    exceptionsCount: 1,
    finishedAt: 1012,
  } as const;

  test('ends once, keeping inputs that it is not given, and is found by app', async () => {
    const { conversation: _, ...row } = await beginWorkflow('app', 'u', { inputs: '{"a":1}' });
    expect((await endWorkflowRun(store, { ...end, runId: row.run_id })).numAffectedRows).toBe(1n);
    const again = { ...end, status: 'failed', error: 'late', runId: row.run_id } as const;
    expect((await endWorkflowRun(store, again)).numAffectedRows).toBe(0n);
    await failOrphanedWorkflowRun(store, { runId: row.run_id, error: 'gone', finishedAt: 9 });
    expect(await findWorkflowRun(store, 'app', row.id)).toEqual({
      ...row,
      status: 'partial-succeeded',
      outputs: '{"text":"x"}',
      elapsed_ms: 12,
      total_tokens: 3_000_000_000,
      total_steps: 4,
      exceptions_count: 1,
      finished_at: 1012,
    });
    expect(await findWorkflowRun(store, 'other', row.id)).toBeUndefined();
  });

  test('that waits may end, with other inputs; no crash ends it', async () => {
    const { run_id, id } = await beginWorkflow('app', 'u');
    await endWorkflowRun(store, { ...end, runId: run_id, status: 'paused', finishedAt: null });
    await failOrphanedWorkflowRun(store, { runId: run_id, error: 'gone', finishedAt: 9 });
    expect(await findWorkflowRun(store, 'app', id)).toMatchObject({ status: 'paused', finished_at: null });
    await endWorkflowRun(store, { ...end, runId: run_id, status: 'stopped', inputs: '{"b":2}' });
    expect(await findWorkflowRun(store, 'app', id)).toMatchObject({ status: 'stopped', inputs: '{"b":2}' });
  });

  test.each([
    [3500, 2500],
    [400, 0],
  ])('whose process died fails; ended at %d it took %d ms', async (finishedAt, elapsed_ms) => {
    const { run_id, id } = await beginWorkflow('app', 'u', { inputs: '{"a":1}' });
    await failOrphanedWorkflowRun(store, { runId: run_id, error: 'gone', finishedAt });
    expect(await findWorkflowRun(store, 'app', id)).toMatchObject({
      status: 'failed',
      error: 'gone',
      elapsed_ms,
      finished_at: finishedAt,
      inputs: '{"a":1}',
    });
  });

  test('keeps any number of nodes, each once, in their order', async () => {
    const { id } = await beginWorkflow('app', 'u');
    const rows = Array.from({ length: 64 + 16 + 2 * 4 + 2 + 1 }, (_, at) => node(id, at + 1));
    await insertNodeExecutions(store, rows.slice(5, 8));
    const changed = rows.map((row) => ({ ...row, title: 'Another' }));
    await store.transaction().execute((trx) => insertNodeExecutions(trx, changed.toReversed()));
    expect(await listNodeExecutions(store, 'app', id)).toEqual(
      changed.map((row, at) => (at >= 5 && at < 8 ? rows[at] : row)),
    );
    await insertNodeExecutions(store, []);
    expect(await listNodeExecutions(store, 'other', id)).toEqual([]);
  });

  test('keeps nodes while it goes on, unless it is gone', async () => {
    const { id } = await beginWorkflow('app', 'u');
    const rows = [node(id, 1), node(id, 2)];
    await keepNodeExecutions(store, rows);
    const gone = newId();
    await keepNodeExecutions(store, [node(gone, 1)]);
    await keepNodeExecutions(store, []);
    expect(await listNodeExecutions(store, 'app', id)).toEqual(rows);
    expect(await listNodeExecutions(store, 'app', gone)).toEqual([]);
  });
});

test('a conversation that is deleted takes its runs, nodes and variables with it, and nothing else', async () => {
  const [mine, kept] = [await beginWorkflow('app', 'del'), await beginWorkflow('app', 'del')];
  for (const { id, conversation } of [mine, kept]) {
    await insertNodeExecutions(store, [node(id, 1)]);
    await ensureConversationVariables(store, [variable(conversation, 'a')]);
  }
  const owner = { appId: 'app', endUserId: mine.end_user_id };
  expect(await deleteConversation(store, { ...owner, endUserId: 'else' }, mine.conversation)).toBe(false);
  expect(await findWorkflowRun(store, 'app', mine.id)).toBeDefined();
  expect(await deleteConversation(store, owner, mine.conversation)).toBe(true);
  expect(await deleteConversation(store, owner, mine.conversation)).toBe(false);
  const left = async ({ id, conversation }: typeof mine) => [
    await findWorkflowRun(store, 'app', id),
    ...(await listNodeExecutions(store, 'app', id)),
    ...(await listConversationVariables(store, conversation)),
  ];
  expect(await left(mine)).toEqual([undefined]);
  expect(await left(kept)).toHaveLength(3);
});

describe('logs', () => {
  const none: RunFilters = {
    keyword: null,
    status: null,
    createdFrom: null,
    createdUntil: null,
    sessionId: null,
  };
  const list = async (app: string, filters: Partial<RunFilters> = {}, page = 1, limit = 100) => {
    const { rows, total } = await listWorkflowRuns(
      store,
      app,
      { ...none, ...filters },
      { page, limit, signal: new AbortController().signal },
    );
    return { ids: rows.map(({ id }) => id), total, rows };
  };
  const keyword = (part: string, runId: string | null = null) => ({ keyword: { part, runId } });

  test('are of one app, newest first, whole, with their end users', async () => {
    const made = [
      await beginWorkflow('logs', 'ann', { created_at: 10 }),
      await beginWorkflow('logs', 'bob', { created_at: 30 }),
      await beginWorkflow('logs', 'ann', { created_at: 20 }),
    ];
    await beginWorkflow('logs-of-others', 'ann', { created_at: 40 });
    const { rows, total } = await list('logs');
    expect(total).toBe(3);
    expect(rows.map(({ id, session_id }) => [id, session_id])).toEqual([
      [made[1]?.id, 'bob'],
      [made[2]?.id, 'ann'],
      [made[0]?.id, 'ann'],
    ]);
    const { inputs: _, outputs: __, app_id: ___, conversation: ____, ...whole } = made[1] as (typeof made)[0];
    expect(rows[0]).toEqual({ ...whole, session_id: 'bob', is_anonymous: 0 });
  });

  test('page by time and by search alike, also among equal times', async () => {
    const made: string[] = [];
    for (let n = 0; n < 70; n++)
      made.push((await beginWorkflow('pages', 'u', { created_at: 10 + (n > 60 ? 1 : 0) })).id);
    const order = [...made.slice(61).reverse(), ...made.slice(0, 61).reverse()];
    for (const filters of [{}, { status: 'running' as const }, { sessionId: 'u' }, keyword('{}')]) {
      const pages = [await list('pages', filters, 1, 30), await list('pages', filters, 2, 30)];
      pages.push(await list('pages', filters, 3, 30), await list('pages', filters, 4, 30));
      expect(pages.flatMap(({ ids }) => ids)).toEqual(order);
      expect(pages.map(({ ids, total }) => [ids.length, total])).toEqual([
        [30, 70],
        [30, 70],
        [10, 70],
        [0, 70],
      ]);
    }
  });

  test('are filtered by time, status and end user', async () => {
    const early = await beginWorkflow('filters', 'ann', { created_at: 1000, status: 'failed' });
    const middle = await beginWorkflow('filters', 'bob', { created_at: 2000, status: 'succeeded' });
    const late = await beginWorkflow('filters', 'ann', { created_at: 3000, status: 'succeeded' });
    await beginWorkflow('filters-of-others', 'cid', { created_at: 2000, status: 'succeeded' });
    const found = async (filters: Partial<RunFilters>) => {
      const { ids, total } = await list('filters', filters);
      expect(total).toBe(ids.length);
      return ids;
    };
    expect(await found({ createdFrom: 2000 })).toEqual([late.id, middle.id]);
    expect(await found({ createdUntil: 2000 })).toEqual([middle.id, early.id]);
    expect(await found({ createdFrom: 2000, createdUntil: 2000 })).toEqual([middle.id]);
    expect(await found({ status: 'succeeded' })).toEqual([late.id, middle.id]);
    expect(await found({ status: 'stopped' })).toEqual([]);
    expect(await found({ sessionId: 'ann' })).toEqual([late.id, early.id]);
    expect(await found({ sessionId: 'Ann' })).toEqual([]);
    expect(await found({ sessionId: 'cid' })).toEqual([]);
    expect(await found({ sessionId: 'ann', status: 'failed', createdUntil: 1000 })).toEqual([early.id]);
    expect(await found({ sessionId: 'ann', createdFrom: 1001, createdUntil: 2999 })).toEqual([]);
  });

  test('are searched for a text, in which nothing has another meaning', async () => {
    const quotes = await beginWorkflow('words', 'ann%_\\', {
      inputs: '{"a":"He said \\"Hi\\"\\n50%"}',
      created_at: 1,
    });
    const plain = await beginWorkflow('words', 'bob', { outputs: '{"text":"Größe a_b"}', created_at: 2 });
    const found = async (part: string, runId: string | null = null) =>
      (await list('words', keyword(part, runId))).ids;
    expect(await found('he SAID')).toEqual([quotes.id]);
    expect(await found('"Hi"\n5')).toEqual([quotes.id]);
    expect(await found('{"a":"He')).toEqual([quotes.id]);
    expect(await found('Größe')).toEqual([plain.id]);
    expect(await found('50%')).toEqual([quotes.id]);
    expect(await found('5%')).toEqual([]);
    expect(await found('a_b')).toEqual([plain.id]);
    expect(await found('a_i')).toEqual([]);
    expect(await found('NN%_\\')).toEqual([quotes.id]);
    expect(await found('BOB')).toEqual([plain.id]);
    expect(await found('nothing', plain.id)).toEqual([plain.id]);
    expect(await found("' or 1=1 --")).toEqual([]);
  });

  test('are not searched on for a reader who has gone', async () => {
    await beginWorkflow('gone', 'u');
    const filters = { ...none, status: 'running' as const };
    const reading = { page: 1, limit: 1, signal: AbortSignal.abort() };
    expect(await listWorkflowRuns(store, 'gone', filters, reading)).toEqual({ rows: [], total: 0 });
    expect((await list('gone', filters)).total).toBe(1);
  });
});

describe('variables of a conversation', () => {
  test('are made once, changed by name, and listed as they were made', async () => {
    const { conversation } = await begin('app', 'vars');
    const other = await begin('app', 'vars');
    const rows = ['b', 'a', 'c'].map((name) => variable(conversation, name));
    await ensureConversationVariables(store, rows.slice(0, 2));
    await ensureConversationVariables(store, [variable(other.conversation, 'a')]);
    await setConversationVariable(store, { conversationId: conversation, name: 'a', value: '"w"', now: 7 });
    await ensureConversationVariables(store, [...rows.slice(2), variable(conversation, 'a')]);
    const [b, a, c] = rows;
    expect(await listConversationVariables(store, conversation)).toEqual([
      b,
      { ...a, value: '"w"', updated_at: 7 },
      c,
    ]);
    await setConversationVariable(store, {
      ...{ conversationId: conversation, name: 'c', now: 8 },
      ...{ value: '1', valueType: 'number' },
    });
    expect((await listConversationVariables(store, conversation))[2]).toMatchObject({
      value: '1',
      value_type: 'number',
    });
    expect(await listConversationVariables(store, other.conversation)).toMatchObject([{ value: '"v"' }]);
  });

  test('are not made for a conversation that is gone', async () => {
    const gone = newId();
    await ensureConversationVariables(store, [variable(gone, 'a')]);
    await setConversationVariable(store, { conversationId: gone, name: 'a', value: '1', now: 1 });
    expect(await listConversationVariables(store, gone)).toEqual([]);
  });

  test('many are made at once', async () => {
    const { conversation } = await begin('app', 'vars');
    const rows = Array.from({ length: 250 }, (_, n) => variable(conversation, `v${n}`));
    await ensureConversationVariables(store, rows);
    expect(await listConversationVariables(store, conversation)).toEqual(rows);
  });

  test('are read and set by the owner of the conversation alone', async () => {
    const { conversation, owner: endUserId } = await begin('app', 'owner');
    const owner = { appId: 'app', endUserId };
    const rows = ['One', 'on_e', 'two', 'ONE.more', 'five'].map((name) => variable(conversation, name));
    await ensureConversationVariables(store, rows);
    const names = async (page: Parameters<typeof listOwnedVariables>[3], who = owner) => {
      const { rows, hasMore } = await listOwnedVariables(store, who, conversation, page);
      return [...rows.map(({ name }) => name), hasMore];
    };
    const [first, second] = rows as [ConversationVariableRow, ConversationVariableRow];
    expect(await names({ limit: 2 })).toEqual(['One', 'on_e', true]);
    expect(await names({ limit: 3, after: second })).toEqual(['two', 'ONE.more', 'five', false]);
    expect(await names({ limit: 9, name: 'one' })).toEqual(['One', 'ONE.more', false]);
    expect(await names({ limit: 9, name: 'n_e' })).toEqual(['on_e', false]);
    expect(await findOwnedVariable(store, owner, conversation, first.id)).toEqual(first);
    expect(await updateOwnedVariable(store, owner, conversation, first.id, '"new"')).toEqual({
      ...first,
      value: '"new"',
      updated_at: expect.any(Number),
    });

    const elsewhere = await begin('app', 'owner');
    expect(await findOwnedVariable(store, owner, elsewhere.conversation, first.id)).toBeUndefined();
    for (const who of [
      { ...owner, appId: 'other' },
      { ...owner, endUserId: elsewhere.run },
    ]) {
      expect(await names({ limit: 9 }, who)).toEqual([false]);
      expect(await findOwnedVariable(store, who, conversation, first.id)).toBeUndefined();
      expect(await updateOwnedVariable(store, who, conversation, first.id, '"evil"')).toBeUndefined();
    }
    expect(await updateOwnedVariable(store, owner, elsewhere.conversation, first.id, '"x"')).toBeUndefined();
    expect((await listConversationVariables(store, conversation))[0]?.value).toBe('"new"');
  });
});
