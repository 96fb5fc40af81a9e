import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../../../src/store/open-store.ts';
import { type MockProvider, startMockProvider } from '../../support/mock-provider/start-mock-provider.ts';
import { chatApp, completionApp } from '../../support/parley/apps.ts';
import { openTestStore } from '../../support/parley/open-test-store.ts';
import { startParley, type TestParley } from '../../support/parley/start-parley.ts';
import { answered, sendChat } from '../../support/parley/turns.ts';
import { responseProblems } from '../../support/spec/dify-spec.ts';
import { answerNode, endNode, graphApp, llmNode, startNode } from '../../workflow/graph-app.ts';
import { finishedIn, openWorkflow, runWorkflow, sendWorkflow } from '../../workflow/workflow-turns.ts';
import { failure, readAnswer } from '../routes/read-answer.ts';

const UNKNOWN = '11111111-1111-4111-8111-111111111111';

let provider: MockProvider;
let parley: TestParley;
let store: Store;

beforeAll(async () => {
  provider = await startMockProvider();
  const nodes = { start: startNode('query'), llm: llmNode('Say: {{#start.query#}}') };
  const workflow = graphApp('workflow', { ...nodes, end: endNode({ text: ['llm', 'text'] }) });
  parley = await startParley({
    apps: {
      workflow,
      other: workflow,
      chatflow: graphApp('advanced-chat', { ...nodes, answer: answerNode('{{#llm.text#}}') }),
      chat: chatApp(),
      completion: completionApp(),
    },
    provider: provider.baseUrl,
  });
  store = await openTestStore(parley);
});
beforeEach(() => provider.reply());
afterAll(async () => {
  await store.destroy();
  await parley.close();
  await provider.close();
});

const wrongApp = failure(
  400,
  'not_workflow_app',
  'Please check if your app mode matches the right API route.',
);
const detail = (id: unknown, app = 'workflow') =>
  readAnswer(parley.request(app, 'GET', `/workflows/run/${id}`));

describe('GET /workflows/run/:workflow_run_id', () => {
  const none = failure(404, 'not_found', 'Workflow run not found.');

  test('a run that has ended', async () => {
    provider.reply({ tokens: ['Hello', '!'] });
    const { workflow_run_id, data } = await runWorkflow(parley, { inputs: { query: 'hi' }, user: 'ann' });
    const { status, body } = await detail(workflow_run_id);
    expect(status).toBe(200);
    expect(Object.keys(body)).toEqual([
      ...['id', 'workflow_id', 'status', 'inputs', 'outputs', 'error', 'total_steps', 'total_tokens'],
      ...['created_at', 'finished_at', 'elapsed_time'],
    ]);
    expect(body).toEqual({
      id: workflow_run_id,
      workflow_id: data.workflow_id,
      status: 'succeeded',
      inputs: expect.any(String),
      outputs: { text: 'Hello!' },
      error: null,
      total_steps: 3,
      total_tokens: data.total_tokens,
      created_at: data.created_at,
      finished_at: data.finished_at,
      elapsed_time: expect.any(Number),
    });
    expect(body.total_tokens).toBeGreaterThan(0);
    expect(JSON.parse(body.inputs)).toMatchObject({ query: 'hi', 'sys.user_id': 'ann', 'sys.files': [] });
    expect(responseProblems('get', '/workflows/run/{workflow_run_id}', 200, body)).toEqual([]);
  });

  test('one that goes on, then is stopped', async () => {
    provider.reply({ gate: true });
    const reader = await openWorkflow(parley, { inputs: { query: 'hi' }, user: 'ann' });
    const [started] = await reader.readUntil(({ event }) => event === 'workflow_started');
    const running = await detail(started?.workflow_run_id);
    expect(running.body).toMatchObject({ status: 'running', outputs: {}, error: null, finished_at: null });
    expect(responseProblems('get', '/workflows/run/{workflow_run_id}', 200, running.body)).toEqual([]);
    await parley.request('workflow', 'POST', `/workflows/tasks/${started?.task_id}/stop`, { user: 'ann' });
    expect(finishedIn(await reader.readAll()).status).toBe('stopped');
    expect((await detail(started?.workflow_run_id)).body).toMatchObject({
      status: 'stopped',
      error: 'Stopped by user.',
      finished_at: expect.any(Number),
    });
  });

  test('one that failed has no outputs', async () => {
    provider.reply({ status: 400, error: { message: 'no such model' } });
    const { workflow_run_id, data } = await runWorkflow(parley);
    expect(data).toMatchObject({ status: 'failed', outputs: null });
    expect((await detail(workflow_run_id)).body).toMatchObject({
      status: 'failed',
      outputs: {},
      error: data.error,
    });
    expect(data.error).toContain('no such model');
  });

  test('one that waits shows nothing of what it has made', async () => {
    const { workflow_run_id } = await runWorkflow(parley);
    await store
      .updateTable('workflow_runs')
      .set({ status: 'paused', finished_at: null })
      .where('id', '=', workflow_run_id)
      .execute();
    expect((await detail(workflow_run_id)).body).toMatchObject({
      status: 'paused',
      outputs: {},
      finished_at: null,
    });
  });

  test('one of a chatflow', async () => {
    const turn = await answered(sendChat(parley, { query: 'hi' }, 'chatflow'));
    const { id } = await store
      .selectFrom('workflow_runs')
      .select('id')
      .where('run_id', '=', turn.task_id)
      .executeTakeFirstOrThrow();
    const { body } = await detail(id, 'chatflow');
    expect(body).toMatchObject({ id, status: 'succeeded', outputs: { answer: turn.answer } });
    expect(JSON.parse(body.inputs)).toMatchObject({ 'sys.query': 'hi' });
    expect(await detail(id)).toEqual(none);
  });

  test('is found by any form of its id, and by nothing else', async () => {
    const { workflow_run_id: id, task_id } = await runWorkflow(parley);
    for (const form of [id.toUpperCase(), id.replaceAll('-', '')])
      expect((await detail(form)).body.id).toBe(id);
    for (const other of [UNKNOWN, task_id, 'x', 'a%00', '%27', 'logs'])
      expect((await detail(other)).status, other).toBe(404);
    expect(await detail(UNKNOWN)).toEqual(none);
    expect(await detail('x')).toEqual(none);
    expect(await detail(id, 'other')).toEqual(none);
    for (const app of ['chat', 'completion']) expect(await detail(id, app)).toEqual(wrongApp);
  });
});

describe('POST /workflows/run', () => {
  const call = (body: object, app = 'workflow') =>
    readAnswer(parley.request(app, 'POST', '/workflows/run', body));

  test('blocking, which null means too', async () => {
    for (const response_mode of [undefined, null, 'blocking']) {
      const { status, body } = await readAnswer(sendWorkflow(parley, { response_mode, files: null }));
      expect(status).toBe(200);
      expect(body.data.id).toBe(body.workflow_run_id);
      expect(responseProblems('post', '/workflows/run', 200, body)).toEqual([]);
    }
  });

  test('another app, no user, and what is wrong in the body, in this order', async () => {
    expect(await call({}, 'chat')).toEqual(failure(400, 'invalid_param', 'Arg user must be provided.'));
    for (const app of ['chat', 'completion', 'chatflow'])
      expect(await call({ user: 'u' }, app), app).toEqual(wrongApp);
    const { status, body } = await call({ user: 'u' });
    expect([status, body.code]).toEqual([400, 'invalid_param']);
    expect(body.message).toMatch(/^1 validation error for WorkflowRunPayload\ninputs\n {2}Field required/);
    expect((await call({ user: 'u', inputs: [] })).body.message).toContain('[type=dict_type');
    expect((await call({ user: 'u', inputs: {}, files: {} })).body.message).toContain('[type=list_type');
    expect((await call({ user: 'u', inputs: {}, response_mode: 'sse' })).body.message).toContain(
      "Input should be 'blocking' or 'streaming' [type=literal_error, input_value='sse'",
    );
  });
});

describe('a version of a workflow', () => {
  const run = (id: string, body: object = { user: 'u', inputs: {} }, app = 'workflow') =>
    readAnswer(parley.request(app, 'POST', `/workflows/${id}/run`, body));
  const malformed = (id: string) => failure(400, 'bad_request', `Invalid workflow_id format: '${id}'. `);
  const draft = failure(
    400,
    'bad_request',
    'Cannot use draft workflow version. Workflow ID: draft. Please use a published workflow version or leave workflow_id empty.',
  );
  const unknown = failure(404, 'not_found', `Workflow not found with id: ${UNKNOWN}`);

  test('is run by its id', async () => {
    const { workflow_id } = (await runWorkflow(parley)).data;
    expect(await run(String(workflow_id))).toMatchObject({
      status: 200,
      body: { data: { workflow_id, status: 'succeeded' } },
    });
    expect(await run('draft')).toEqual(draft);
    expect(await run('x')).toEqual(malformed('x'));
    expect(await run(UNKNOWN)).toEqual(unknown);
    expect(await run('x', { user: 'u' }, 'chat')).toEqual(wrongApp);
    expect((await run('x', { user: 'u' })).body.message).toContain('for WorkflowRunPayload');
    expect(responseProblems('post', '/workflows/{workflow_id}/run', 404, unknown.body)).toEqual([]);
  });

  test('is asked for in a chatflow; other apps have none', async () => {
    const chat = (workflow_id: unknown, app = 'chatflow') =>
      readAnswer(sendChat(parley, { workflow_id }, app));
    const turn = await answered(sendChat(parley, {}, 'chatflow'));
    const { workflow_id } = await store
      .selectFrom('workflow_runs')
      .select('workflow_id')
      .where('run_id', '=', turn.task_id)
      .executeTakeFirstOrThrow();
    for (const id of [workflow_id, null, '']) expect((await chat(id)).status).toBe(200);
    expect(await chat('draft')).toEqual(draft);
    expect(await chat('x')).toEqual(malformed('x'));
    expect(await chat(UNKNOWN)).toEqual(unknown);
    expect((await chat(1)).body.message).toContain('[type=string_type');
    expect((await chat('x', 'chat')).status).toBe(200);
  });
});
