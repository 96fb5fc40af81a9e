import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { MockRequest } from '../../support/mock-provider/mock-request.ts';
import { type MockProvider, startMockProvider } from '../../support/mock-provider/start-mock-provider.ts';
import { chatApp, completionApp } from '../../support/parley/apps.ts';
import { EventReader } from '../../support/parley/read-events.ts';
import { startParley, type TestParley } from '../../support/parley/start-parley.ts';
import { responseProblems, streamProblems } from '../../support/spec/dify-spec.ts';
import { answerNode, endNode, graphApp, llmNode, startNode } from '../../workflow/graph-app.ts';
import { finishedIn, openWorkflow, shownIn, streamWorkflow } from '../../workflow/workflow-turns.ts';
import { failure, readAnswer } from '../routes/read-answer.ts';

let provider: MockProvider;
let parley: TestParley;

beforeAll(async () => {
  provider = await startMockProvider();
  const nodes = { start: startNode(), llm: llmNode('Hi') };
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
});
beforeEach(() => provider.reply());
afterAll(async () => {
  await parley.close();
  await provider.close();
});

const wrongApp = failure(
  400,
  'not_workflow_app',
  'Please check if your app mode matches the right API route.',
);
const success = { status: 200, body: { result: 'success' } };
const stop = (task: unknown, body: object, app = 'workflow') =>
  readAnswer(parley.request(app, 'POST', `/workflows/tasks/${task}/stop`, body));

/** A run of Ann's whose model has said one word. */
async function begin(): Promise<{ reader: EventReader; task: string; upstream: MockRequest }> {
  provider.reply({ gate: true });
  const reader = await openWorkflow(parley, { user: 'ann' });
  const upstream = await provider.nextRequest((request) => !request.isOver);
  upstream.send('so ');
  const told = await reader.readUntil(({ event }) => event === 'text_chunk');
  return { reader, task: String(told[0]?.task_id), upstream };
}

describe('POST /workflows/tasks/:task_id/stop', () => {
  test('ends the run of the user, once', async () => {
    const { reader, task, upstream } = await begin();
    expect(await stop(task, { user: 'ann' })).toEqual(success);
    expect(responseProblems('post', '/workflows/tasks/{task_id}/stop', 200, success.body)).toEqual([]);
    const finished = finishedIn(await reader.readAll());
    expect(finished).toMatchObject({ status: 'stopped', error: 'Stopped by user.' });
    await upstream.aborted();
    expect(await stop(task, { user: 'ann' })).toEqual(success);
  });

  test('says success to others and does nothing', async () => {
    const { reader, task, upstream } = await begin();
    expect(await stop(task, { user: 'bob' })).toEqual(success);
    expect(await stop(task, { user: 'ann' }, 'other')).toEqual(success);
    expect(await stop('nothing', { user: 'ann' })).toEqual(success);
    upstream.send('far');
    upstream.finish();
    expect(finishedIn(await reader.readAll())).toMatchObject({
      status: 'succeeded',
      outputs: { text: 'so far' },
    });
    expect(await stop(task, { user: 'ann' })).toEqual(success);
  });

  test('refuses other apps and requests without a user', async () => {
    for (const app of ['chat', 'completion', 'chatflow'])
      expect(await stop('x', { user: 'ann' }, app), app).toEqual(wrongApp);
    const nobody = failure(400, 'invalid_param', 'Arg user must be provided.');
    expect(await stop('x', {})).toEqual(nobody);
    expect(responseProblems('post', '/workflows/tasks/{task_id}/stop', 400, nobody.body)).toEqual([]);
    expect((await readAnswer(parley.request('workflow', 'POST', '/workflows/tasks/x/stop'))).status).toBe(
      415,
    );
    expect((await readAnswer(parley.request('workflow', 'GET', '/workflows/tasks/x/stop'))).status).toBe(405);
    const chat = await readAnswer(
      parley.request('workflow', 'POST', '/chat-messages/x/stop', { user: 'ann' }),
    );
    expect(chat.body.code).toBe('not_chat_app');
  });
});

describe('GET /workflows/tasks/:task_id/events', () => {
  const events = (task: unknown, query: string, app = 'workflow') =>
    parley.request(app, 'GET', `/workflows/tasks/${task}/events?${query}`);
  const back = async (task: unknown, after: number) =>
    new EventReader(await events(task, `user=ann&after=${after}`)).readAll();

  test('a client comes back to a run that goes on', async () => {
    const { reader, task, upstream } = await begin();
    await reader.cancel();
    const [first, second] = [back(task, 0), back(task, 4)];
    upstream.send('far');
    upstream.finish();
    const [whole, rest] = await Promise.all([first, second]);
    expect(whole[0]?.event).toBe('workflow_started');
    expect(shownIn(whole)).toBe('so far');
    expect(whole.slice(4)).toEqual(rest);
    expect(finishedIn(rest).status).toBe('succeeded');
  });

  test('and to one that ended before the server started', async () => {
    const told = await streamWorkflow(parley, { user: 'ann' });
    await parley.restart();
    const whole = await back(told[0]?.task_id, 0);
    expect(shownIn(whole)).toBe(shownIn(told));
    expect(finishedIn(whole)).toMatchObject({
      ...finishedIn(told),
      elapsed_time: expect.any(Number),
    });
    expect(streamProblems('ChunkWorkflowEvent', whole)).toEqual([]);
  });

  test('others find nothing', async () => {
    const [first] = await streamWorkflow(parley, { user: 'ann' });
    const none = failure(404, 'not_found', 'Task Not Exists.');
    expect(await readAnswer(events(first?.task_id, 'user=bob'))).toEqual(none);
    expect(await readAnswer(events(first?.task_id, 'user=ann', 'other'))).toEqual(none);
    expect(await readAnswer(events('x', 'user=ann'))).toEqual(none);
    expect(await readAnswer(events('x', 'user=ann', 'chatflow'))).toEqual(wrongApp);
    expect((await readAnswer(events('x', ''))).body.message).toBe('Arg user must be provided.');
    expect((await readAnswer(events('x', 'user=ann&after=-1'))).body.message).toContain('RunEventsQuery');
  });
});
