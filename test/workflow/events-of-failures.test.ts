import { afterAll, beforeAll, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { answered, sendChat } from '../support/parley/turns.ts';
import { responseProblems } from '../support/spec/dify-spec.ts';
import { answerNode, endNode, graphApp, llmNode, startNode } from './graph-app.ts';
import { publishedProblems } from './published-problems.ts';
import {
  dataOf,
  finishedIn,
  messagesOf,
  runWorkflow,
  streamChatflow,
  streamWorkflow,
} from './workflow-turns.ts';

let provider: MockProvider;
let parley: TestParley;

beforeAll(async () => {
  provider = await startMockProvider();
  const plain = llmNode('Say something.');
  const trying = llmNode('Say something.', {
    retry_config: { retry_enabled: true, max_retries: 1, retry_interval: 0 },
  });
  const end = endNode({ text: ['llm', 'text'] });
  const answer = answerNode('So: {{#llm.text#}}');
  parley = await startParley({
    provider: provider.baseUrl,
    apps: {
      'failing-workflow': graphApp('workflow', { start: startNode(), llm: plain, end }),
      'failing-chatflow': graphApp('advanced-chat', { start: startNode(), llm: plain, answer }),
      'trying-workflow': graphApp('workflow', { start: startNode(), llm: trying, end }),
      'trying-chatflow': graphApp('advanced-chat', { start: startNode(), llm: trying, answer }),
    },
  });
});
afterAll(async () => {
  await parley.close();
  await provider.close();
});

const broken = { tokens: ['I think', ' that'], error: { message: 'out of order' } };

test('a node that fails ends a workflow: HTTP 200, failed, workflow_finished last', async () => {
  provider.reply(broken);
  const events = await streamWorkflow(parley, {}, 'failing-workflow');
  expect(events.map(({ event }) => event)).toEqual([
    ...['workflow_started', 'node_started', 'node_finished', 'node_started', 'text_chunk', 'text_chunk'],
    ...['node_finished', 'workflow_finished'],
  ]);
  expect(dataOf(events, 'node_finished', 'llm')).toMatchObject([
    { status: 'failed', error: expect.stringContaining('out of order') },
  ]);
  const finished = finishedIn(events);
  expect(finished).toMatchObject({
    status: 'failed',
    outputs: null,
    error: expect.stringContaining('out of order'),
    exceptions_count: 0,
  });
  expect(publishedProblems('workflow', events)).toEqual([]);

  const answer = await runWorkflow(parley, { response_mode: 'blocking' }, 'failing-workflow');
  expect(answer.data).toMatchObject({ status: 'failed', error: finished.error, outputs: null });
  expect(responseProblems('post', '/workflows/run', 200, answer)).toEqual([]);
  const run = await parley.request('failing-workflow', 'GET', `/workflows/run/${answer.workflow_run_id}`);
  expect(await run.json()).toMatchObject({ status: 'failed', error: finished.error, outputs: {} });
});

test('a node that fails ends a chatflow: workflow_finished, then an error that every client knows', async () => {
  provider.reply(broken);
  const events = await streamChatflow(parley, { user: 'failed' }, 'failing-chatflow');
  expect(events.slice(-3).map(({ event }) => event)).toEqual([
    ...['node_finished', 'workflow_finished', 'error'],
  ]);
  const { status, error } = finishedIn(events);
  expect(status).toBe('failed');
  const last = events.at(-1);
  expect(Object.keys(last ?? {})).toEqual([
    ...['event', 'conversation_id', 'message_id', 'created_at', 'code', 'status', 'message'],
  ]);
  expect(last).toMatchObject({ code: 'invalid_param', status: 400, message: `Run failed: ${error}` });
  expect(publishedProblems('chatflow', events)).toEqual([]);

  const messages = await messagesOf(parley, 'failing-chatflow', last?.conversation_id, 'failed');
  expect(messages).toMatchObject([
    { id: last?.message_id, status: 'error', error: last?.message, answer: 'So: I think that' },
  ]);

  const blocking = await sendChat(parley, {}, 'failing-chatflow');
  expect(blocking.status).toBe(400);
  expect(await blocking.json()).toEqual({
    ...{ code: 'invalid_param', status: 400, message: `Run failed: ${error}` },
  });
});

test('a node that begins again takes back what it had said', async () => {
  let asked = 0;
  provider.reply(() => (asked++ % 2 === 0 ? broken : { tokens: ['All', ' good'] }));
  const workflow = await streamWorkflow(parley, {}, 'trying-workflow');
  expect(
    workflow.slice(3).map(({ event, data: { text } }) => (text === undefined ? event : [event, text])),
  ).toEqual([
    'node_started',
    ['text_chunk', 'I think'],
    ['text_chunk', ' that'],
    ['text_replace', ''],
    ...['node_retry'],
    ['text_chunk', 'All'],
    ['text_chunk', ' good'],
    ...['node_finished', 'node_started', 'node_finished', 'workflow_finished'],
  ]);
  expect(finishedIn(workflow)).toMatchObject({ status: 'succeeded', outputs: { text: 'All good' } });

  const chatflow = await streamChatflow(parley, { user: 'again' }, 'trying-chatflow');
  const replaced = chatflow.filter(({ event }) => event === 'message_replace');
  expect(replaced.map((event) => Object.keys(event))).toEqual([
    ['event', 'conversation_id', 'message_id', 'created_at', 'task_id', 'answer', 'reason'],
  ]);
  expect(replaced).toMatchObject([{ answer: 'So: ', reason: '' }]);
  expect(publishedProblems('chatflow', chatflow)).toEqual([]);
  const messages = await messagesOf(parley, 'trying-chatflow', chatflow[0]?.conversation_id, 'again');
  expect(messages).toMatchObject([{ answer: 'So: All good', status: 'normal' }]);
  expect((await answered(sendChat(parley, {}, 'trying-chatflow'))).answer).toBe('So: All good');
});
