import { afterAll, beforeAll, expect, test } from 'vitest';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { responseProblems } from '../support/spec/dify-spec.ts';
import { endNode, graphApp, startNode, templateNode } from './graph-app.ts';
import { rewriteApp } from './rewrite-app.ts';
import {
  dataOf,
  type Fields,
  finishedIn,
  runWorkflow,
  sendWorkflow,
  type WorkflowAnswer,
} from './workflow-turns.ts';

let parley: TestParley;

beforeAll(async () => {
  parley = await startParley({
    apps: { workflow: version('First', 'one', 'first'), other: version('Other', 'other', 'any') },
  });
});
afterAll(() => parley.close());

/** Its form asks for `input`. */
function version(name: string, text: string, input: string): string {
  return graphApp(
    'workflow',
    {
      start: startNode({ variable: input, required: true }),
      made: templateNode(`${text} {{ id }} {{ given }}`, {
        id: ['sys', 'workflow_id'],
        given: ['start', input],
      }),
      end: endNode({ text: ['made', 'output'] }),
    },
    { name },
  );
}

const send = (id: string, body: Fields = {}, app = 'workflow') =>
  parley.request(app, 'POST', `/workflows/${id}/run`, { inputs: {}, user: 'u1', ...body });
async function run(id: string, inputs: Fields): Promise<WorkflowAnswer> {
  const response = await send(id, { inputs });
  const body = await response.json();
  expect(response.status, JSON.stringify(body)).toBe(200);
  expect(responseProblems('post', '/workflows/{workflow_id}/run', 200, body)).toEqual([]);
  return body as WorkflowAnswer;
}

test('each version has an id, and stays what it was', async () => {
  const first = await runWorkflow(parley, { inputs: { first: 'a' } });
  const one = String(first.data.workflow_id);
  expect(first.data.outputs).toEqual({ text: `one ${one} a` });
  expect((await run(one, { first: 'a' })).data).toMatchObject({
    outputs: first.data.outputs,
    workflow_id: one,
  });

  await rewriteApp(parley, 'workflow', { name: 'Second', dsl: version('Second', 'two', 'second') });
  const second = await runWorkflow(parley, { inputs: { second: 'b' } });
  const two = String(second.data.workflow_id);
  expect(two).not.toBe(one);
  expect(second.data.outputs).toEqual({ text: `two ${two} b` });
  // The old one with its form and its id, in whatever form of a UUID.
  for (const id of [one, one.toUpperCase()])
    expect((await run(id, { first: 'a' })).data).toMatchObject({
      outputs: first.data.outputs,
      workflow_id: one,
    });
  expect((await run(two, { second: 'b' })).data.outputs).toEqual(second.data.outputs);
  const missing = await send(one, { inputs: { second: 'b' } });
  expect(await missing.json()).toMatchObject({ status: 400, message: 'first is required in input form' });

  await parley.restart();
  const again = await run(one, { first: 'a' });
  expect(again.data.outputs).toEqual(first.data.outputs);
  const detail = await parley.request('workflow', 'GET', `/workflows/run/${again.workflow_run_id}`);
  expect(await detail.json()).toMatchObject({ workflow_id: one, outputs: first.data.outputs });

  const response = await send(one, { inputs: { first: 'a' }, response_mode: 'streaming' });
  const events = (await response.text())
    .split('\n\n')
    .filter((frame) => frame.startsWith('data: '))
    .map((frame) => JSON.parse(frame.slice(6)) as Fields);
  expect(dataOf(events, 'workflow_started')).toMatchObject([{ workflow_id: one }]);
  expect(finishedIn(events)).toMatchObject({ workflow_id: one, outputs: first.data.outputs });

  // Back to the first definition: it is the same version.
  await rewriteApp(parley, 'workflow', { name: 'First', dsl: version('First', 'one', 'first') });
  expect((await runWorkflow(parley, { inputs: { first: 'a' } })).data.workflow_id).toBe(one);
  expect((await run(two, { second: 'b' })).data.outputs).toEqual(second.data.outputs);
});

test.each(['streaming', 'blocking'])('ids that lead nowhere (%s)', async (response_mode) => {
  const unknown = '00000000-0000-8000-8000-000000000000';
  const answer = await runWorkflow(parley, { inputs: { any: 'x' } }, 'other');
  const foreign = String(answer.data.workflow_id);
  const cases: readonly [string, number, string, string][] = [
    [unknown, 404, 'not_found', `Workflow not found with id: ${unknown}`],
    [foreign, 404, 'not_found', `Workflow not found with id: ${foreign}`],
    ['nonsense', 400, 'bad_request', "Invalid workflow_id format: 'nonsense'. "],
    ["a%20'b", 400, 'bad_request', "Invalid workflow_id format: 'a 'b'. "],
    [
      ...(['draft', 400, 'bad_request'] as const),
      'Cannot use draft workflow version. Workflow ID: draft. Please use a published workflow version or leave workflow_id empty.',
    ],
  ];
  for (const [id, status, code, message] of cases) {
    const response = await send(id, { response_mode });
    expect(response.status).toBe(status);
    const body = await response.json();
    expect(body).toEqual({ code, message, status });
    expect(responseProblems('post', '/workflows/{workflow_id}/run', status, body)).toEqual([]);
  }
});

test('the checks before it are those of every run', async () => {
  const { data } = await runWorkflow(parley, { inputs: { any: 'x' } }, 'other');
  const id = String(data.workflow_id);
  const userless = await send(id, { user: undefined }, 'other');
  expect(await userless.json()).toMatchObject({ message: 'Arg user must be provided.' });
  const required = await send(id, {}, 'other');
  expect(await required.json()).toMatchObject({ message: 'any is required in input form' });
  const wrong = await sendWorkflow(parley, { inputs: 'x' }, 'other');
  expect(wrong.status).toBe(400);
});
