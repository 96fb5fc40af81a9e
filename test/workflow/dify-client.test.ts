import type { Readable } from 'node:stream';
import { ChatClient, CompletionClient } from 'dify-client';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { answerNode, endNode, graphApp, llmNode, startNode } from './graph-app.ts';
import { type Fields, shownIn, type WorkflowAnswer } from './workflow-turns.ts';

/**
 * The official npm client, version 2.3. Workflows are run by its `CompletionClient`, by a method that its types do not
 * know; what it has no method for goes through its `sendRequest`. By its types a user is an object, by its code a string.
 */
interface Workflows extends CompletionClient {
  runWorkflow(
    inputs: Fields,
    user: string,
    stream?: boolean,
  ): Promise<{ readonly data: unknown; readonly headers: Fields }>;
}
const user = 'client-user';

let provider: MockProvider;
let parley: TestParley;
let chat: ChatClient;
let workflow: Workflows;

beforeAll(async () => {
  provider = await startMockProvider();
  parley = await startParley({
    provider: provider.baseUrl,
    apps: {
      chatflow: graphApp(
        'advanced-chat',
        { start: startNode(), llm: llmNode('{{#sys.query#}}'), answer: answerNode('{{#llm.text#}}') },
        {
          conversation_variables: [
            { id: 'v1', name: 'mood', value_type: 'string', value: 'calm', description: '' },
          ],
        },
      ),
      workflow: graphApp('workflow', {
        start: startNode({ variable: 'q', required: true }),
        llm: llmNode('{{#start.q#}}'),
        end: endNode({ text: ['llm', 'text'] }),
      }),
    },
  });
  chat = new ChatClient(parley.key('chatflow'), `${parley.url}/v1`);
  workflow = new CompletionClient(parley.key('workflow'), `${parley.url}/v1`) as Workflows;
});
beforeEach(() => provider.reply({ tokens: ['Hello', ' client'] }));
afterAll(async () => {
  await parley.close();
  await provider.close();
});

/** As `webapp-conversation` reads a stream: line by line, what begins with `data: `. */
async function* eventsOf(stream: Readable): AsyncGenerator<Fields> {
  let rest = '';
  for await (const chunk of stream.setEncoding('utf8')) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.startsWith('data: ')) yield JSON.parse(line.slice(6)) as Fields;
  }
}

test('a workflow, blocking, and what became of it', async () => {
  const answer = (await workflow.runWorkflow({ q: 'Hi' }, user)).data as WorkflowAnswer;
  expect(answer.data).toMatchObject({ status: 'succeeded', outputs: { text: 'Hello client' } });
  const { data } = await workflow.sendRequest('GET', `/workflows/run/${answer.workflow_run_id}`);
  expect(data).toMatchObject({
    id: answer.workflow_run_id,
    status: 'succeeded',
    outputs: { text: 'Hello client' },
  });
  const logs = await workflow.sendRequest('GET', '/workflows/logs', null, {
    keyword: 'Hi',
    limit: 1,
  } as Fields);
  expect(logs.data.data).toMatchObject([{ workflow_run: { id: answer.workflow_run_id } }]);
});

test('a workflow, streaming', async () => {
  const { data, headers } = await workflow.runWorkflow({ q: 'Hi' }, user, true);
  expect(headers['content-type']).toMatch(/^text\/event-stream/);
  const events: Fields[] = [];
  for await (const event of eventsOf(data as Readable)) events.push(event);
  expect(shownIn(events)).toBe('Hello client');
  expect(events[0]?.event).toBe('workflow_started');
  expect(events.at(-1)).toMatchObject({ event: 'workflow_finished', data: { status: 'succeeded' } });
});

test('a workflow is stopped', async () => {
  provider.reply({ gate: true });
  const { data } = await workflow.runWorkflow({ q: 'Hi' }, user, true);
  const upstream = await provider.nextRequest((request) => !request.isOver);
  upstream.send('so far');
  let last: Fields = {};
  for await (const event of eventsOf(data as Readable)) {
    last = event;
    if (event.event !== 'text_chunk') continue;
    const stopped = await workflow.sendRequest('POST', `/workflows/tasks/${event.task_id}/stop`, { user });
    expect(stopped.data).toEqual({ result: 'success' });
  }
  expect(last).toMatchObject({
    event: 'workflow_finished',
    data: { status: 'stopped', error: 'Stopped by user.' },
  });
  const run = await workflow.sendRequest('GET', `/workflows/run/${last.workflow_run_id}`);
  expect(run.data).toMatchObject({ status: 'stopped' });
});

test('a chatflow: turns, stop, variables', async () => {
  const first = await chat.createChatMessage({}, 'Hi', user as never);
  expect(first.data).toMatchObject({ event: 'message', mode: 'advanced-chat', answer: 'Hello client' });
  const { conversation_id } = first.data;

  const { data } = await chat.createChatMessage({}, 'More', user as never, true, conversation_id);
  const events: Fields[] = [];
  for await (const event of eventsOf(data)) events.push(event);
  expect(shownIn(events)).toBe('Hello client');
  expect(events.slice(-2).map(({ event }) => event)).toEqual(['message_end', 'workflow_finished']);

  provider.reply({ gate: true });
  const endless = await chat.createChatMessage({}, 'Endless', user as never, true, conversation_id);
  (await provider.nextRequest((request) => !request.isOver)).send('so far');
  const ended: unknown[] = [];
  for await (const event of eventsOf(endless.data)) {
    ended.push(event.event);
    if (event.event === 'message')
      await chat.sendRequest('POST', `/chat-messages/${event.task_id}/stop`, { user });
  }
  expect(ended.slice(-2)).toEqual(['message_end', 'workflow_finished']);

  const messages = await chat.getConversationMessages(user as never, conversation_id);
  expect(messages.data.data).toMatchObject([
    { query: 'Hi', answer: 'Hello client' },
    { query: 'More', answer: 'Hello client' },
    { query: 'Endless', answer: 'so far', status: 'normal' },
  ]);

  const path = `/conversations/${conversation_id}/variables`;
  const listed = await chat.sendRequest('GET', path, null, { user });
  expect(listed.data.data).toMatchObject([{ name: 'mood', value: 'calm' }]);
  // Its types have no PUT.
  const put = 'PUT' as 'POST';
  const variable = `${path}/${listed.data.data[0].id}`;
  const set = await chat.sendRequest(put, variable, { user, value: 'merry' });
  expect(set.data).toMatchObject({ name: 'mood', value: 'merry' });
});

test('parameters and errors', async () => {
  expect((await workflow.getApplicationParameters(user as never)).data.user_input_form).toMatchObject([
    { paragraph: { variable: 'q', required: true } },
  ]);
  await expect(workflow.runWorkflow({}, user)).rejects.toMatchObject({
    response: { status: 400, data: { code: 'invalid_param', message: 'q is required in input form' } },
  });
  const stranger = new CompletionClient('app-wrong', `${parley.url}/v1`) as Workflows;
  await expect(stranger.runWorkflow({ q: 'x' }, user)).rejects.toMatchObject({
    response: { status: 401, data: { code: 'unauthorized' } },
  });
});
