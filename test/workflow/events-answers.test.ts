import { afterAll, beforeAll, expect, test } from 'vitest';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { answered, sendChat } from '../support/parley/turns.ts';
import { responseProblems } from '../support/spec/dify-spec.ts';
import { answerNode, endNode, graphApp, startNode, type TestNode, templateNode } from './graph-app.ts';
import { runWorkflow, sendWorkflow } from './workflow-turns.ts';

let parley: TestParley;

beforeAll(async () => {
  const start = startNode('q');
  const text = templateNode('made of {{ q }}', { q: ['start', 'q'] });
  // No network is allowed: it fails, and the run goes on.
  const http: TestNode = {
    ...{
      type: 'http-request',
      method: 'get',
      url: 'http://127.0.0.1:9/',
      authorization: { type: 'no-auth' },
    },
    ...{ headers: '', params: '', body: { type: 'none', data: [] }, timeout: {} },
    ...{ retry_config: { retry_enabled: false }, error_strategy: 'default-value' },
    default_value: [{ key: 'body', type: 'string', value: 'nothing there' }],
  };
  const end = endNode({ text: ['text', 'output'], body: ['http', 'body'] });
  const answer = answerNode('{{#text.output#}}, {{#http.body#}}');
  parley = await startParley({
    apps: {
      workflow: graphApp('workflow', { start, text, http, end }),
      chatflow: graphApp('advanced-chat', { start, text, http, answer }),
      other: graphApp('workflow', { start, end: endNode({}) }),
    },
  });
});
afterAll(() => parley.close());

test('a blocking answer has the keys of a workflow', async () => {
  const answer = await runWorkflow(parley, { inputs: { q: 'x' } });
  expect(Object.keys(answer)).toEqual(['task_id', 'workflow_run_id', 'data']);
  expect(Object.keys(answer.data)).toEqual([
    ...['id', 'workflow_id', 'status', 'outputs', 'error', 'elapsed_time', 'total_tokens', 'total_steps'],
    ...['created_at', 'finished_at'],
  ]);
  expect(answer.data.id).toBe(answer.workflow_run_id);
  expect(responseProblems('post', '/workflows/run', 200, answer)).toEqual([]);
  expect(answer.data).toMatchObject({
    status: 'partial-succeeded',
    outputs: { text: 'made of x', body: 'nothing there' },
  });
});

test('a blocking answer has the keys of a chatflow', async () => {
  const answer = await answered(sendChat(parley, { inputs: { q: 'x' } }, 'chatflow'));
  expect(Object.keys(answer)).toEqual([
    ...[
      'event',
      'task_id',
      'id',
      'message_id',
      'conversation_id',
      'mode',
      'answer',
      'metadata',
      'created_at',
    ],
  ]);
  expect(answer).toMatchObject({
    ...{ event: 'message', mode: 'advanced-chat', answer: 'made of x, nothing there' },
    id: answer.message_id,
  });
  expect(responseProblems('post', '/chat-messages', 200, answer)).toEqual([]);
});

test('a run is for whoever has the key of its app', async () => {
  const answer = await runWorkflow(parley, { inputs: { q: 'x' }, user: 'somebody' });
  const path = `/workflows/run/${answer.workflow_run_id}`;
  // Not scoped by user (`facts/dify-wire.md` §17 row 31).
  const run = await parley.request('workflow', 'GET', `${path}?user=else`);
  expect(run.status).toBe(200);
  expect(await run.json()).toMatchObject({ status: 'partial-succeeded', outputs: answer.data.outputs });
  const foreign = await parley.request('other', 'GET', path);
  expect(foreign.status).toBe(404);
  expect(await foreign.json()).toMatchObject({ code: 'not_found', message: 'Workflow run not found.' });
});

test('what is wrong with the request is told before the stream opens', async () => {
  for (const response_mode of ['streaming', 'blocking']) {
    const wrong = await sendWorkflow(parley, { response_mode }, 'chatflow');
    expect(wrong.status).toBe(400);
    expect(await wrong.json()).toMatchObject({
      code: 'not_workflow_app',
      message: 'Please check if your app mode matches the right API route.',
    });
    const chat = await sendChat(parley, { response_mode }, 'workflow');
    expect(await chat.json()).toMatchObject({ code: 'not_chat_app', status: 400 });
    const userless = await sendWorkflow(parley, { response_mode, user: undefined });
    expect(await userless.json()).toEqual({
      ...{ code: 'invalid_param', message: 'Arg user must be provided.', status: 400 },
    });
    const inputless = await sendWorkflow(parley, { response_mode, inputs: undefined });
    expect(inputless.status).toBe(400);
    expect(await inputless.json()).toMatchObject({
      code: 'invalid_param',
      message: expect.stringMatching(/^1 validation error for WorkflowRunPayload\ninputs/),
    });
  }
});
