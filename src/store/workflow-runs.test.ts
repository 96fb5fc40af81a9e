import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { beginWorkflow, node, openOwnStore, variable } from '../../test/support/store/workflow-rows.ts';
import { ensureConversationVariables, listConversationVariables } from './conversation-variables.ts';
import { deleteConversation } from './conversations.ts';
import { finishTurn } from './finish-turn.ts';
import { newId } from './new-id.ts';
import { insertNodeExecutions, keepNodeExecutions, listNodeExecutions } from './node-executions.ts';
import type { Store } from './open-store.ts';
import {
  endWorkflowRun,
  failOrphanedWorkflowRun,
  findWorkflowRun,
  findWorkflowRunOf,
} from './workflow-runs.ts';

let store: Store;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ store, close } = await openOwnStore());
});
afterAll(() => close());

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

describe('one run', () => {
  test('ends once, keeping inputs that it is not given, and is found by app', async () => {
    const {
      conversation: _,
      message: __,
      ...row
    } = await beginWorkflow(store, 'app', 'u', { inputs: '{"a":1}' });
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
    expect((await findWorkflowRunOf(store, 'app', row.run_id))?.id).toBe(row.id);
    expect(await findWorkflowRunOf(store, 'other', row.run_id)).toBeUndefined();
  });

  test('that waits may end, with other inputs; no crash ends it', async () => {
    const { run_id, id } = await beginWorkflow(store, 'app', 'u');
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
    const { run_id, id } = await beginWorkflow(store, 'app', 'u', { inputs: '{"a":1}' });
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
    const { id } = await beginWorkflow(store, 'app', 'u');
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
    const { id } = await beginWorkflow(store, 'app', 'u');
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
  const [mine, kept] = [await beginWorkflow(store, 'app', 'del'), await beginWorkflow(store, 'app', 'del')];
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

test('against the end of its conversation, the end of a run leaves nothing behind', async () => {
  for (let n = 0; n < 10; n++) {
    const row = await beginWorkflow(store, 'app', 'race');
    const finish = () =>
      finishTurn(
        store,
        { id: row.run_id, message_id: row.message },
        {
          ...{ status: 'succeeded', error: null, errorCode: null, stoppedBy: null, finishedAt: 1012 },
          ...{ answer: 'x', usage: null },
          workflow: { ...end, nodes: [node(row.id, 1), node(row.id, 2)] },
        },
      );
    const owner = { appId: 'app', endUserId: row.end_user_id };
    const remove = () => deleteConversation(store, owner, row.conversation);
    const [first, second] = n % 2 === 0 ? [finish, remove] : [remove, finish];
    await Promise.all([first(), second()]);
    expect(await findWorkflowRun(store, 'app', row.id)).toBeUndefined();
    expect(await listNodeExecutions(store, 'app', row.id)).toEqual([]);
  }
});
