import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Store } from '../../../src/store/open-store.ts';
import { type MockProvider, startMockProvider } from '../../support/mock-provider/start-mock-provider.ts';
import { chatApp } from '../../support/parley/apps.ts';
import { openTestStore } from '../../support/parley/open-test-store.ts';
import { startParley, type TestParley } from '../../support/parley/start-parley.ts';
import { responseProblems } from '../../support/spec/dify-spec.ts';
import { endNode, graphApp, llmNode, startNode } from '../../workflow/graph-app.ts';
import { runWorkflow } from '../../workflow/workflow-turns.ts';
import { type Json, readAnswer } from '../routes/read-answer.ts';

let provider: MockProvider;
let parley: TestParley;
let store: Store;

beforeAll(async () => {
  provider = await startMockProvider();
  const workflow = graphApp('workflow', {
    start: startNode('query'),
    llm: llmNode('Say: {{#start.query#}}'),
    end: endNode({ text: ['llm', 'text'] }),
  });
  parley = await startParley({
    apps: { workflow, other: workflow, paged: workflow, chat: chatApp() },
    provider: provider.baseUrl,
  });
  store = await openTestStore(parley);
  await makeRuns();
});
beforeEach(() => provider.reply());
afterAll(async () => {
  await store.destroy();
  await parley.close();
  await provider.close();
});

/** Runs of the app `workflow`, by what they are for, with their times. */
const runs: Record<'cold' | 'warm' | 'broken' | 'empty', string> = {
  cold: '',
  warm: '',
  broken: '',
  empty: '',
};
const TIMES = {
  cold: '2024-07-24T10:00:00.000Z',
  warm: '2024-07-24T11:00:00.500Z',
  broken: '2024-07-25T00:00:00.000Z',
  empty: '2024-07-26T00:00:00.000Z',
};

async function makeRuns(): Promise<void> {
  const run = async (user: string | null, query: string, app?: string) => {
    const answer = await runWorkflow(parley, { ...(user === null ? {} : { user }), inputs: { query } }, app);
    return answer.workflow_run_id;
  };
  provider.reply({ tokens: ['Say "brr"', ' 100%'] });
  runs.cold = await run('ann', 'Kälte in the North');
  provider.reply({ tokens: ['Sun'] });
  runs.warm = await run('bob_1', 'The South');
  provider.reply({ status: 400, error: { message: 'overheated' } });
  runs.broken = await run('ann', 'The Sun itself');
  provider.reply({ tokens: [''] });
  runs.empty = await run('cid', '');
  await run('ann', 'The South of others', 'other');
  for (const [name, time] of Object.entries(TIMES))
    await store
      .updateTable('workflow_runs')
      .set({ created_at: Date.parse(time) })
      .where('id', '=', runs[name as keyof typeof runs])
      .execute();
}

const logs = (query = '', app = 'workflow') =>
  readAnswer(parley.request(app, 'GET', `/workflows/logs?${query}`));
const namesOf = (body: Json): string[] =>
  body.data.map(
    ({ workflow_run }: Json) => Object.entries(runs).find(([, id]) => id === workflow_run.id)?.[0],
  );
const found = async (query: string) => {
  const { status, body } = await logs(query);
  expect([status, body.total]).toEqual([200, body.data?.length]);
  return namesOf(body);
};

test('runs of all users of the app, newest first, with every field', async () => {
  const { status, body } = await logs();
  expect(status).toBe(200);
  expect(namesOf(body)).toEqual(['empty', 'broken', 'warm', 'cold']);
  expect(body).toMatchObject({ page: 1, limit: 20, total: 4, has_more: false });
  expect(Object.keys(body)).toEqual(['page', 'limit', 'total', 'has_more', 'data']);
  const { workflow_id } = (await readAnswer(parley.request('workflow', 'GET', `/workflows/run/${runs.warm}`)))
    .body;
  const at = Math.floor(Date.parse(TIMES.warm) / 1000);
  expect(body.data[2]).toEqual({
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    workflow_run: {
      id: runs.warm,
      version: workflow_id,
      status: 'succeeded',
      triggered_from: 'app-run',
      error: null,
      elapsed_time: expect.any(Number),
      total_tokens: expect.any(Number),
      total_steps: 3,
      created_at: at,
      finished_at: expect.any(Number),
      exceptions_count: 0,
    },
    details: null,
    created_from: 'service-api',
    created_by_role: 'end_user',
    created_by_account: null,
    created_by_end_user: {
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      type: 'service-api',
      is_anonymous: false,
      session_id: 'bob_1',
    },
    created_at: at,
  });
  expect(body.data[1].workflow_run).toMatchObject({
    status: 'failed',
    error: expect.stringContaining('overheated'),
  });
  expect(responseProblems('get', '/workflows/logs', 200, body)).toEqual([]);
  const ids = body.data.map(({ id }: Json) => id);
  expect(new Set([...ids, ...Object.values(runs)]).size).toBe(8);
  expect((await logs()).body.data.map(({ id }: Json) => id)).toEqual(ids);
});

test('pages', async () => {
  const made: string[] = [];
  for (let n = 0; n < 5; n++) made.unshift((await runWorkflow(parley, {}, 'paged')).workflow_run_id);
  const pages: string[][] = [];
  for (const [page, has_more] of [
    [1, true],
    [2, true],
    [3, false],
    [4, false],
    [99_999, false],
  ]) {
    const { body } = await logs(`page=${page}&limit=2`, 'paged');
    expect(body).toMatchObject({ page, limit: 2, total: 5, has_more });
    pages.push(body.data.map(({ workflow_run }: Json) => workflow_run.id));
  }
  expect(pages).toEqual([made.slice(0, 2), made.slice(2, 4), made.slice(4), [], []]);
  expect((await logs('limit=5', 'paged')).body.has_more).toBe(false);
});

test.each([
  ['status=failed', ['broken']],
  ['status=succeeded', ['empty', 'warm', 'cold']],
  ['status=stopped', []],
  ['created_by_end_user_session_id=ann', ['broken', 'cold']],
  ['created_by_end_user_session_id=ANN', []],
  ['created_by_end_user_session_id=dora', []],
  ['created_by_end_user_session_id=', ['empty', 'broken', 'warm', 'cold']],
  ['created_at__after=2024-07-25', ['empty', 'broken']],
  ['created_at__before=2024-07-25T00:00:00Z', ['broken', 'warm', 'cold']],
  ['created_at__before=2024-07-24T12:00:00%2B02:00', ['cold']],
  ['created_at__before=2024-07-24T12:00:00+02:00', ['cold']],
  ['created_at__after=2024-07-24T11:00:00.5&created_at__before=2024-07-24T11:00:00.500', ['warm']],
  ['created_at__before=&created_at__after=&created_by_account=', ['empty', 'broken', 'warm', 'cold']],
  ['keyword=the%20SOUTH', ['warm']],
  ['keyword=brr', ['cold']],
  [`keyword=${encodeURIComponent('Say "brr" 100%')}`, ['cold']],
  [`keyword=${encodeURIComponent('Kälte')}`, ['cold']],
  ['keyword=%25', ['cold']],
  ['keyword=b_1', ['warm']],
  ['keyword=BOB', ['warm']],
  ['keyword=s_n', []],
  ['keyword=sun&status=failed', ['broken']],
  ['keyword=sun&created_by_end_user_session_id=bob_1', ['warm']],
  ['keyword=%00sun%00&status=succeeded', ['warm']],
  [`keyword=${'x'.repeat(200)}`, []],
  ['keyword=%27%20or%201=1--', []],
])('%s', async (query, names) => {
  expect(await found(query)).toEqual(names);
});

test('a keyword counts as far as 30 characters, or as the whole id of a run', async () => {
  expect(await found('keyword=The%20South')).toEqual(['warm']);
  expect(await found(`keyword=${encodeURIComponent('Kälte in the North'.padEnd(31, 'x'))}`)).toEqual([]);
  const { workflow_run_id } = await runWorkflow(parley, { inputs: { query: 'z'.repeat(30) } }, 'other');
  const { body } = await logs(`keyword=${'z'.repeat(30)}yyy`, 'other');
  expect(body.data.map(({ workflow_run }: Json) => workflow_run.id)).toEqual([workflow_run_id]);
  for (const id of [runs.cold, runs.cold.toUpperCase(), runs.cold.replaceAll('-', '')])
    expect(await found(`keyword=${id}`)).toEqual(['cold']);
  expect((await logs(`keyword=${runs.cold}`, 'other')).body.data).toEqual([]);
});

test('an app that is no workflow has none', async () => {
  expect(await logs('', 'chat')).toEqual({
    status: 200,
    body: { page: 1, limit: 20, total: 0, has_more: false, data: [] },
  });
});

test.each([
  ['status=running', "Input should be 'succeeded', 'failed' or 'stopped' [type=literal_error"],
  ['status=partial-succeeded', '1 validation error for WorkflowLogQuery'],
  ['status=', 'literal_error'],
  ['page=0', 'greater_than_equal'],
  ['page=100000', 'less_than_equal'],
  ['limit=0', 'greater_than_equal'],
  ['limit=101', 'less_than_equal'],
  ['limit=ten', 'int_parsing'],
  ['created_at__before=yesterday', "Invalid isoformat string: 'yesterday'"],
  ['created_at__after=2024-02-30', "Invalid isoformat string: '2024-02-30'"],
  ['created_by_account=name@example.com', 'Account not found: name@example.com'],
])('%s is refused', async (query, message) => {
  const { status, body } = await logs(query);
  expect([status, body.code]).toEqual([400, 'invalid_param']);
  expect(body.message).toContain(message);
  expect(responseProblems('get', '/workflows/logs', 400, body)).toEqual([]);
});
