import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/support/parley/test-database.ts';
import { ensureConversationVariables, listConversationVariables } from './conversation-variables.ts';
import { deleteConversation, findReachableConversation } from './conversations.ts';
import { listContextMessages } from './messages.ts';
import { migrations } from './migrations/index.ts';
import { newId } from './new-id.ts';
import { openStore } from './open-store.ts';
import type { WorkflowRunRow } from './schema.ts';
import { SHORT_ID_LENGTH } from './short-id.ts';
import { findNewestTurn } from './turns.ts';
import { findWorkflowRun, insertWorkflowRun } from './workflow-runs.ts';

vi.mock('./migrations/index.ts', async (original) => {
  const { migrations } = await original<typeof import('./migrations/index.ts')>();
  return { migrations: { ...migrations } };
});

let dir: string;
let database: TestDatabase;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'parley-upgrade-'));
  database = await createTestDatabase();
});
afterEach(async () => {
  await database.drop();
  rmSync(dir, { recursive: true });
});

const open = () =>
  openStore(
    database.url ? { kind: 'postgres', url: database.url } : { kind: 'sqlite', path: join(dir, 'parley.db') },
    { info() {} },
  );

test.each([
  ['first release', 1],
  ['release before workflows', 3],
])('a conversation of the %s goes on, and is reached by its number', async (_, released) => {
  const known = migrations as Record<string, unknown>;
  const later = Object.entries(known).slice(released);
  for (const [name] of later) delete known[name];
  const [conversation, message, run] = [newId(), newId(), newId()];
  const old = await open();
  const owner = { appId: 'a', endUserId: 'u' };
  const row = { app_id: 'a', created_at: 5, updated_at: 5 };
  await old
    .insertInto('end_users')
    .values({ ...row, id: 'u', session_id: 's', is_anonymous: 0 })
    .execute();
  await old
    .insertInto('conversations')
    .values({
      ...row,
      id: conversation,
      app_version: 'v',
      end_user_id: 'u',
      surface: 'dify',
      name: 'n',
      inputs: '{}',
      introduction: '',
      status: 'normal',
    } as never)
    .execute();
  await old
    .insertInto('messages')
    .values({
      ...row,
      id: message,
      conversation_id: conversation,
      end_user_id: 'u',
      run_id: run,
      inputs: '{}',
      query: 'q',
      answer: 'a',
      status: 'normal',
      error: null,
      prompt_tokens: 1,
      answer_tokens: 1,
      total_price: '0',
      currency: 'USD',
      latency_ms: 1,
      usage: null,
    } as never)
    .execute();
  await old
    .insertInto('runs')
    .values({
      id: run,
      app_id: 'a',
      app_version: 'v',
      end_user_id: 'u',
      message_id: message,
      surface: 'dify',
      status: 'succeeded',
      error: null,
      stopped_by: null,
      process_id: 'p',
      created_at: 5,
      finished_at: 6,
    } as never)
    .execute();
  await old.destroy();

  for (const [name, migration] of later) known[name] = migration;
  const store = await open();
  const reach = { apps: ['a'], account: 'nobody' };
  const found = await findReachableConversation(store, reach, conversation.slice(0, SHORT_ID_LENGTH));
  expect(found).toMatchObject({ id: conversation, section: null });
  if (!found) throw new Error('not reached');
  expect((await listContextMessages(store, owner, found, { limit: 5 })).rows).toMatchObject([
    { id: message, query_hidden: 0, answer_hidden: 0 },
  ]);
  expect([await findNewestTurn(store, found)]).toMatchObject([
    { id: message, run_status: 'succeeded', canceled_at: null },
  ]);

  const workflowRun: WorkflowRunRow = {
    id: newId(),
    run_id: run,
    app_id: 'a',
    end_user_id: 'u',
    workflow_id: 'w',
    status: 'running',
    inputs: '{}',
    outputs: null,
    error: null,
    elapsed_ms: 0,
    total_tokens: 0,
    total_steps: 0,
    exceptions_count: 0,
    created_at: 5,
    finished_at: null,
  };
  await insertWorkflowRun(store, workflowRun);
  await ensureConversationVariables(store, [
    {
      ...{ ...row, id: newId(), conversation_id: conversation },
      ...{ name: 'n', value_type: 'string', value: '""', description: '' },
    },
  ]);
  expect(await listConversationVariables(store, conversation)).toHaveLength(1);
  expect(await findWorkflowRun(store, 'a', workflowRun.id)).toEqual(workflowRun);
  expect(await deleteConversation(store, owner, conversation)).toBe(true);
  expect(await listConversationVariables(store, conversation)).toEqual([]);
  expect(await findWorkflowRun(store, 'a', workflowRun.id)).toBeUndefined();
  await store.destroy();
});
