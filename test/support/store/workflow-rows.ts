import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { insertConversation } from '../../../src/store/conversations.ts';
import { findOrCreateEndUser } from '../../../src/store/end-users.ts';
import { newId } from '../../../src/store/new-id.ts';
import { openStore, type Store } from '../../../src/store/open-store.ts';
import type { ConversationVariableRow, NodeExecutionRow, WorkflowRunRow } from '../../../src/store/schema.ts';
import { insertWorkflowRun } from '../../../src/store/workflow-runs.ts';
import { createTestDatabase } from '../parley/test-database.ts';

/** A store of a test file's own, which goes with `close`. */
export async function openOwnStore(): Promise<{ readonly store: Store; close(): Promise<void> }> {
  const dir = mkdtempSync(join(tmpdir(), 'parley-store-'));
  const database = await createTestDatabase();
  const store = await openStore(
    database.url ? { kind: 'postgres', url: database.url } : { kind: 'sqlite', path: join(dir, 'parley.db') },
    { info: () => {} },
  );
  return {
    store,
    async close() {
      await store.destroy();
      await database.drop();
      rmSync(dir, { recursive: true });
    },
  };
}

/** A conversation with a turn, whose run it is. */
export async function begin(
  store: Store,
  app: string,
  user: string,
): Promise<{ run: string; conversation: string; message: string; owner: string }> {
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
  return { run, conversation, message, owner };
}

/** The same of a workflow; `row` goes over its row. */
export async function beginWorkflow(
  store: Store,
  app: string,
  user: string,
  row: Partial<WorkflowRunRow> = {},
): Promise<WorkflowRunRow & { conversation: string; message: string }> {
  const { run, conversation, message, owner } = await begin(store, app, user);
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
  return { ...workflow, conversation, message };
}

/** A node of a run. */
export const node = (workflowRunId: string, position: number): NodeExecutionRow => ({
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

/** A variable of a conversation; `row` goes over it. */
export const variable = (
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
