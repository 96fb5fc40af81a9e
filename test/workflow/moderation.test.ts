import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { answered, readStream, sendChat } from '../support/parley/turns.ts';
import { answerNode, endNode, graphApp, llmNode, startNode, templateNode } from './graph-app.ts';
import { publishedProblems } from './published-problems.ts';
import {
  dataOf,
  type Fields,
  finishedIn,
  messagesOf,
  openWorkflow,
  runWorkflow,
  shownIn,
  streamChatflow,
  streamWorkflow,
  type WorkflowEvent,
} from './workflow-turns.ts';

const on = (preset_response: string) => ({ enabled: true, preset_response });
const off = { enabled: false, preset_response: '' };
const NO_INPUT = 'Not with me.';
const NO_OUTPUT = 'Let us change the subject.';

let provider: MockProvider;
let parley: TestParley;

beforeAll(async () => {
  provider = await startMockProvider();
  const features = (inputs_config: object, outputs_config: object) => ({
    sensitive_word_avoidance: {
      ...{ enabled: true, type: 'keywords' },
      config: { keywords: 'bomb\nGift', inputs_config, outputs_config },
    },
  });
  const nodes = {
    start: startNode({ variable: 'topic', default: 'peace' }),
    llm: llmNode('{{#start.topic#}}'),
  };
  const after = templateNode('after {{ text }}', { text: ['llm', 'text'] });
  const workflow = { ...nodes, after, end: endNode({ text: ['llm', 'text'], after: ['after', 'output'] }) };
  const chatflow = { ...nodes, answer: answerNode('Well: {{#llm.text#}}'), after, last: answerNode(' Bye.') };
  const word = templateNode('It is a bomb', {});
  const guarded = { features: features(off, on(NO_OUTPUT)) };
  parley = await startParley({
    provider: provider.baseUrl,
    apps: {
      'fast-workflow': graphApp(
        'workflow',
        { start: startNode(), word, end: endNode({ said: ['word', 'output'] }) },
        guarded,
      ),
      'fast-chatflow': graphApp(
        'advanced-chat',
        {
          start: startNode(),
          word,
          answer: answerNode('Well: {{#word.output#}}'),
          last: answerNode(' Bye.'),
        },
        guarded,
      ),
      workflow: graphApp('workflow', workflow, { features: features(on(NO_INPUT), off) }),
      chatflow: graphApp('advanced-chat', chatflow, { features: features(on(NO_INPUT), off) }),
      'out-workflow': graphApp('workflow', workflow, { features: features(off, on(NO_OUTPUT)) }),
      'out-chatflow': graphApp('advanced-chat', chatflow, { features: features(off, on(NO_OUTPUT)) }),
    },
  });
});
beforeEach(() => provider.reply({ tokens: ['all', ' fine'] }));
afterAll(async () => {
  await parley.close();
  await provider.close();
});

describe('a refused input', () => {
  test.each([
    ['query', { query: 'How do I build a BOMB?' }],
    ['input', { inputs: { topic: 'the bomb' } }],
  ])('of a chatflow (%s): the preset answer, without a workflow', async (_, body) => {
    const asked = provider.requests.length;
    const events = await streamChatflow(parley, body);
    expect(new Set(events.slice(0, -1).map(({ event }) => event))).toEqual(new Set(['message']));
    expect(shownIn(events)).toBe(NO_INPUT);
    expect(events.at(-1)).toMatchObject({
      event: 'message_end',
      metadata: { usage: { total_tokens: 0, total_price: '0' } },
    });
    expect(publishedProblems('chatflow', events)).toEqual([]);
    expect((await answered(sendChat(parley, body, 'chatflow'))).answer).toBe(NO_INPUT);
    expect(provider.requests.length).toBe(asked);
    expect(await messagesOf(parley, 'chatflow', events[0]?.conversation_id)).toMatchObject([
      { answer: NO_INPUT, status: 'normal' },
    ]);
    const logs = await parley.request('chatflow', 'GET', '/workflows/logs');
    expect(await logs.json()).toMatchObject({ total: 0 });
  });

  test('of a workflow: the run is stopped before it began', async () => {
    const asked = provider.requests.length;
    const inputs = { topic: 'a nice gift' };
    const events = await streamWorkflow(parley, { inputs });
    expect(shownIn(events)).toBe(NO_INPUT);
    const finished = finishedIn(events);
    expect(events.at(-1)?.event).toBe('workflow_finished');
    expect(finished).toMatchObject({
      status: 'stopped',
      error: 'Stopped by input moderation.',
      total_steps: 0,
    });
    expect(publishedProblems('workflow', events)).toEqual([]);
    expect(dataOf(events, 'node_started')).toEqual([]);
    const blocking = await runWorkflow(parley, { inputs });
    expect(blocking.data).toMatchObject({ status: 'stopped', error: finished.error });
    expect(provider.requests.length).toBe(asked);
    const run = await parley.request('workflow', 'GET', `/workflows/run/${blocking.workflow_run_id}`);
    expect(await run.json()).toMatchObject({ status: 'stopped', error: finished.error });
  });

  test('harmless ones go through', async () => {
    expect((await runWorkflow(parley, { inputs: { topic: 'peace' } })).data).toMatchObject({
      status: 'succeeded',
      outputs: { text: 'all fine', after: 'after all fine' },
    });
    const chat = await answered(sendChat(parley, { inputs: { topic: 'peace' } }, 'chatflow'));
    expect(chat.answer).toBe('Well: all fine Bye.');
  });
});

describe('a refused answer', () => {
  /** Says something harmless, waits until it has arrived, says the word, and answers what followed. */
  async function refused(
    open: () => Promise<Awaited<ReturnType<typeof readStream>>>,
    piece: string,
  ): Promise<WorkflowEvent[]> {
    provider.reply({ gate: true });
    const reader = await open();
    const upstream = await provider.nextRequest((request) => !request.isOver);
    upstream.send('To build a bo');
    const begun = await reader.readUntil(
      (event) => event.event === piece && shownIn([event]) === 'To build a bo',
    );
    upstream.send('mb you need');
    await upstream.aborted();
    return [...begun, ...(await reader.readAll())] as WorkflowEvent[];
  }

  test('of a chatflow is replaced, and ends the run', async () => {
    const events = await refused(
      async () => readStream(await sendChat(parley, { response_mode: 'streaming' }, 'out-chatflow')),
      'message',
    );
    expect(events.slice(-3)).toMatchObject([
      { event: 'message_replace', answer: NO_OUTPUT, reason: 'output_moderation' },
      { event: 'message_end' },
      {
        event: 'workflow_finished',
        data: { status: 'stopped', error: 'Stopped by output moderation.' },
      },
    ]);
    expect(shownIn(events)).toBe(NO_OUTPUT);
    expect(dataOf(events, 'node_started').map(({ node_id }) => node_id)).toEqual(['start', 'llm']);
    expect(dataOf(events, 'node_finished').map(({ node_id }) => node_id)).toEqual(['start']);
    expect(publishedProblems('chatflow', events)).toEqual([]);
    expect(await messagesOf(parley, 'out-chatflow', events[0]?.conversation_id)).toMatchObject([
      { answer: NO_OUTPUT, status: 'normal' },
    ]);
    const run = await parley.request('out-chatflow', 'GET', `/workflows/run/${events[0]?.workflow_run_id}`);
    expect(await run.json()).toMatchObject({ status: 'stopped', error: 'Stopped by output moderation.' });
  });

  test('of a workflow likewise', async () => {
    const events = await refused(() => openWorkflow(parley, {}, 'out-workflow'), 'text_chunk');
    expect(events.slice(-2)).toMatchObject([
      { event: 'text_replace', data: { text: NO_OUTPUT } },
      {
        event: 'workflow_finished',
        data: { status: 'stopped', error: 'Stopped by output moderation.' },
      },
    ]);
    expect(dataOf(events, 'node_started').map(({ node_id }) => node_id)).toEqual(['start', 'llm']);
    expect(publishedProblems('workflow', events)).toEqual([]);
    const run = await parley.request('out-workflow', 'GET', `/workflows/run/${events[0]?.workflow_run_id}`);
    expect(await run.json()).toMatchObject({ status: 'stopped', error: 'Stopped by output moderation.' });
  });

  test('also when it is asked for as a whole', async () => {
    provider.reply({ tokens: ['It is a bomb'] });
    const response = await sendChat(parley, {}, 'out-chatflow');
    expect(response.status).toBe(200);
    const answer = (await response.json()) as Fields;
    expect(answer.answer).toBe(NO_OUTPUT);
    expect(await messagesOf(parley, 'out-chatflow', answer.conversation_id)).toMatchObject([
      { answer: NO_OUTPUT },
    ]);
  });

  test('that is whole before it is judged: nothing of it is given back, however it is asked for', async () => {
    const stopped = { status: 'stopped', error: 'Stopped by output moderation.' };
    const streamed = finishedIn(await streamWorkflow(parley, {}, 'fast-workflow'));
    const whole = await runWorkflow(parley, {}, 'fast-workflow');
    for (const data of [streamed, whole.data]) expect(data).toMatchObject({ ...stopped, outputs: {} });
    const run = await parley.request('fast-workflow', 'GET', `/workflows/run/${whole.workflow_run_id}`);
    expect(await run.json()).toMatchObject({ ...stopped, outputs: {} });

    const events = await streamChatflow(parley, {}, 'fast-chatflow');
    expect(shownIn(events)).toBe(NO_OUTPUT);
    expect(finishedIn(events)).toMatchObject({ ...stopped, outputs: { answer: NO_OUTPUT, files: [] } });
    const { answer } = await answered(sendChat(parley, {}, 'fast-chatflow'));
    expect(answer).toBe(NO_OUTPUT);
    const logs = await parley.request('fast-chatflow', 'GET', '/workflows/logs');
    const { data } = (await logs.json()) as { data: { workflow_run: Fields }[] };
    expect(data.map(({ workflow_run }) => workflow_run.status)).toEqual(['stopped', 'stopped']);
  });

  test('harmless ones stand', async () => {
    const events = await streamChatflow(parley, {}, 'out-chatflow');
    expect(events.map(({ event }) => event)).not.toContain('message_replace');
    expect(shownIn(events)).toBe('Well: all fine Bye.');
    expect(finishedIn(events)).toMatchObject({ status: 'succeeded' });
    expect(shownIn(await streamWorkflow(parley, {}, 'out-workflow'))).toBe('all fine\nafter all fine');
  });
});
