import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { answered, sendChat } from '../support/parley/turns.ts';
import { hasDifySpec, responseProblems, streamProblems } from '../support/spec/dify-spec.ts';
import { type Callee, startCallee } from '../support/tools/start-callee.ts';
import {
  answerNode,
  endNode,
  graphApp,
  llmNode,
  startNode,
  type TestNode,
  templateNode,
} from './graph-app.ts';
import {
  dataOf,
  type Fields,
  finishedIn,
  runWorkflow,
  sendWorkflow,
  streamChatflow,
  streamWorkflow,
  type WorkflowEvent,
} from './workflow-turns.ts';

/** Keys of `data` in their order (`facts/dify-wire.md` §3.4). */
const CONTAINER = ['id', 'node_id', 'node_type', 'title'];
const FINISHED = [
  ...['id', 'node_id', 'node_type', 'title', 'index', 'predecessor_node_id', 'inputs', 'inputs_truncated'],
  ...['process_data', 'process_data_truncated', 'outputs', 'outputs_truncated', 'status', 'error'],
  ...['elapsed_time', 'execution_metadata', 'created_at', 'finished_at', 'files', 'iteration_id', 'loop_id'],
];
const BEGUN = [...CONTAINER, 'created_at', 'extras', 'metadata', 'inputs', 'inputs_truncated'];
const COMPLETED = [
  ...CONTAINER,
  ...['outputs', 'outputs_truncated', 'created_at', 'extras', 'inputs', 'inputs_truncated', 'status'],
  ...['error', 'elapsed_time', 'total_tokens', 'execution_metadata', 'finished_at', 'steps'],
];
const KEYS: Readonly<Record<string, readonly string[]>> = {
  workflow_started: ['id', 'workflow_id', 'inputs', 'created_at', 'reason'],
  node_started: [
    ...['id', 'node_id', 'node_type', 'title', 'index', 'predecessor_node_id', 'inputs', 'inputs_truncated'],
    ...['created_at', 'extras', 'iteration_id', 'loop_id', 'agent_strategy'],
  ],
  node_finished: FINISHED,
  node_retry: [...FINISHED, 'retry_index'],
  iteration_started: BEGUN,
  loop_started: BEGUN,
  iteration_next: [...CONTAINER, 'index', 'created_at', 'extras'],
  loop_next: [...CONTAINER, 'index', 'created_at', 'extras', 'pre_loop_output'],
  iteration_completed: COMPLETED,
  loop_completed: COMPLETED,
  text_chunk: ['text', 'from_variable_selector'],
  reasoning_chunk: ['message_id', 'reasoning', 'node_id', 'is_final'],
  workflow_finished: [
    ...['id', 'workflow_id', 'status', 'outputs', 'error', 'elapsed_time', 'total_tokens', 'total_steps'],
    ...['created_by', 'created_at', 'finished_at', 'exceptions_count', 'files'],
  ],
};
type Kind = 'workflow' | 'chatflow';
const CHAT = ['event', 'conversation_id', 'message_id', 'created_at', 'task_id'];
/** Keys of events themselves (`facts/dify-wire.md` §3.3). */
const WRAPPERS = {
  workflow: () => ['event', 'workflow_run_id', 'task_id', 'data'],
  chatflow: (event: string) => {
    if (event === 'message') return [...CHAT, 'id', 'answer', 'from_variable_selector'];
    if (event === 'message_end') return [...CHAT, 'id', 'metadata', 'files'];
    return event === 'reasoning_chunk' ? [...CHAT, 'data'] : [...CHAT, 'workflow_run_id', 'data'];
  },
};
const UNIONS = { workflow: 'ChunkWorkflowEvent', chatflow: 'ChunkChatEvent' } as const;
/**
 * Where the document is not what Dify sends (`facts/dify-wire.md` §3.4): the id of a container is that of its node, and
 * prices are texts.
 */
const NOT_AS_PUBLISHED =
  /^((iteration|loop)_\w+: \/data\/id must match format "uuid"|node_\w+: \/data\/execution_metadata(\/total_price)? must (be number|be null|match a schema in anyOf))$/;
const problemsOf = (kind: Kind, events: readonly WorkflowEvent[]) =>
  streamProblems(UNIONS[kind], events).filter((problem) => !NOT_AS_PUBLISHED.test(problem));

let provider: MockProvider;
let page: Callee;
let parley: TestParley;

/** Every kind of event that a run can have without an agent; the HTTP request fails, so there is a retry and a default. */
function everything(last: TestNode): Readonly<Record<string, TestNode>> {
  return {
    start: startNode({ variable: 'q', default: 'none' }),
    llm: llmNode('Say something.', { reasoning_format: 'separated' }),
    http: {
      ...{ type: 'http-request', method: 'get', url: page.url, authorization: { type: 'no-auth' } },
      ...{ headers: '', params: '', body: { type: 'none', data: [] }, timeout: {} },
      retry_config: { retry_enabled: true, max_retries: 2, retry_interval: 0 },
      error_strategy: 'default-value',
      default_value: [{ key: 'body', type: 'string', value: 'nothing there' }],
    },
    list: {
      ...{ type: 'code', code_language: 'javascript', variables: [] },
      code: 'function main() { return { items: ["a", "b"] } }',
      outputs: { items: { type: 'array[string]' } },
    },
    each: {
      ...{ type: 'iteration', iterator_selector: ['list', 'items'], output_selector: ['shout', 'output'] },
      ...{ output_type: 'array[string]', start_node_id: 'eachstart', title: 'Each of them' },
    },
    eachstart: { type: 'iteration-start', parent: 'each' },
    shout: { ...templateNode('{{ item | upper }}', { item: ['each', 'item'] }), parent: 'each' },
    loop: {
      ...{ type: 'loop', loop_count: 5, logical_operator: 'and', start_node_id: 'loopstart' },
      loop_variables: [{ label: 'n', var_type: 'number', value_type: 'constant', value: '0' }],
      break_conditions: [
        { variable_selector: ['loop', 'n'], comparison_operator: '≥', value: '2', varType: 'number' },
      ],
    },
    loopstart: { type: 'loop-start', parent: 'loop' },
    add: {
      ...{ type: 'assigner', version: '2', parent: 'loop' },
      items: [{ variable_selector: ['loop', 'n'], input_type: 'constant', operation: '+=', value: 1 }],
    },
    last,
  };
}
const ORDER = [
  ...[
    ['start', 'llm'],
    ['llm', 'http'],
    ['http', 'list'],
    ['list', 'each'],
    ['eachstart', 'shout'],
  ],
  ...[
    ['each', 'loop'],
    ['loopstart', 'add'],
    ['loop', 'last'],
  ],
] as unknown as readonly [string, string][];
const ENDS = {
  workflow: endNode({
    text: ['llm', 'text'],
    body: ['http', 'body'],
    all: ['each', 'output'],
    n: ['loop', 'n'],
  }),
  chatflow: answerNode('{{#llm.text#}} {{#http.body#}} {{#each.output#}} {{#loop.n#}}'),
};

beforeAll(async () => {
  provider = await startMockProvider();
  page = await startCallee({ status: 503, body: 'come back later' });
  const broken = llmNode('Say something.', {
    retry_config: { retry_enabled: true, max_retries: 1, retry_interval: 0 },
  });
  const failing = (last: TestNode) => ({ start: startNode(), llm: llmNode('Say something.'), last });
  parley = await startParley({
    provider: provider.baseUrl,
    apps: {
      workflow: graphApp('workflow', everything(ENDS.workflow), { edges: ORDER }),
      chatflow: graphApp('advanced-chat', everything(ENDS.chatflow), { edges: ORDER }),
      'failing-workflow': graphApp('workflow', failing(endNode({ text: ['llm', 'text'] }))),
      'failing-chatflow': graphApp('advanced-chat', failing(answerNode('So: {{#llm.text#}}'))),
      'trying-workflow': graphApp('workflow', {
        ...{ start: startNode(), llm: broken, end: endNode({ text: ['llm', 'text'] }) },
      }),
      'trying-chatflow': graphApp('advanced-chat', {
        ...{ start: startNode(), llm: broken, answer: answerNode('So: {{#llm.text#}}') },
      }),
    },
    config: { outbound: { allow: [`127.0.0.1:${page.port}`] } },
  });
});
beforeEach(() => provider.reply({ reasoning: ['hm', '…'], tokens: ['Hello', ' there'] }));
afterAll(async () => {
  await parley.close();
  await Promise.all([page.close(), provider.close()]);
});

const stream = { workflow: streamWorkflow, chatflow: streamChatflow };
const KINDS: readonly Kind[] = ['workflow', 'chatflow'];

describe.each(KINDS)('the stream of a %s', (kind) => {
  let events: WorkflowEvent[];
  beforeAll(async () => {
    provider.reply({ reasoning: ['hm', '…'], tokens: ['Hello', ' there'] });
    events = await stream[kind](parley, { inputs: { q: 'x' }, user: 'the user' });
  });
  const data = (name: string, nodeId?: string) => dataOf(events, name, nodeId);

  test('has the keys of each event in their order, and the types that are published', () => {
    const told = new Set(events.map(({ event }) => event));
    const words = kind === 'workflow' ? ['text_chunk'] : ['message', 'message_end'];
    expect(told).toEqual(new Set([...Object.keys(KEYS).filter((name) => name !== 'text_chunk'), ...words]));
    for (const event of events) {
      expect(Object.keys(event), event.event).toEqual(WRAPPERS[kind](event.event));
      if (event.data) expect(Object.keys(event.data), event.event).toEqual(KEYS[event.event]);
    }
    expect(problemsOf(kind, events)).toEqual([]);
  });

  test('begins with a ping and has one name throughout', async () => {
    const path = kind === 'workflow' ? '/workflows/run' : '/chat-messages';
    const body = {
      inputs: {},
      query: 'Hi',
      user: 'raw',
      response_mode: 'streaming',
      auto_generate_name: false,
    };
    const response = await parley.request(kind, 'POST', path, body);
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    const text = await response.text();
    const frames = text.split('\n\n');
    expect(frames.shift()).toBe('event: ping');
    expect(frames.pop()).toBe('');
    for (const frame of frames) expect(frame).toMatch(/^data: \{"event":"[a-z_]+",[^\n]*\}$/);

    const [first] = events;
    for (const event of events) {
      expect(event.task_id).toBe(first?.task_id);
      if (kind === 'chatflow')
        expect(event).toMatchObject({
          conversation_id: first?.conversation_id,
          message_id: first?.message_id,
          created_at: first?.created_at,
        });
      if ('workflow_run_id' in event) expect(event.workflow_run_id).toBe(first?.workflow_run_id);
      if (event.event === 'message' || event.event === 'message_end')
        expect(event.id).toBe(first?.message_id);
    }
    expect(new Set([first?.task_id, first?.workflow_run_id, first?.message_id]).size).toBe(3);
  });

  test('tells what the run begins with', () => {
    const [started] = data('workflow_started');
    expect(events[0]?.event).toBe('workflow_started');
    expect(started).toMatchObject({ id: events[0]?.workflow_run_id, reason: 'initial' });
    const { inputs } = started as { inputs: Fields };
    expect(inputs).toMatchObject({
      q: 'x',
      'sys.files': [],
      'sys.user_id': 'the user',
      'sys.app_id': kind,
      'sys.workflow_id': started?.workflow_id,
      'sys.workflow_run_id': started?.id,
    });
    expect('sys.conversation_id' in inputs).toBe(false);
    if (kind === 'chatflow') expect(inputs).toMatchObject({ 'sys.query': 'Hi', 'sys.dialogue_count': 1 });
    else expect(inputs).not.toHaveProperty('sys.query');
    expect(typeof inputs['sys.timestamp']).toBe(kind === 'workflow' ? 'number' : 'undefined');
  });

  test('tells each node once, containers by their own events only', () => {
    const nodes = (name: string) => data(name).map(({ node_id }) => node_id);
    const once = ['start', 'llm', 'http', 'list', 'shout', 'shout', 'add', 'add', 'last'];
    expect(nodes('node_started')).toEqual(once);
    expect(nodes('node_finished')).toEqual(once);
    for (const started of data('node_started')) {
      expect(started).toMatchObject({
        index: 1,
        predecessor_node_id: null,
        inputs: null,
        agent_strategy: null,
      });
      const [finished] = data('node_finished').filter(({ id }) => id === started.id);
      expect(finished).toMatchObject({ node_id: started.node_id, title: started.title });
    }
    const ids = data('node_started').map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('tells rounds', () => {
    expect(data('iteration_started')).toMatchObject([
      {
        ...{ id: 'each', node_id: 'each', node_type: 'iteration', title: 'Each of them' },
        ...{ metadata: { iterator_length: 2 }, inputs: { iterator_selector: ['a', 'b'] }, extras: {} },
      },
    ]);
    expect(data('iteration_next').map(({ index }) => index)).toEqual([0, 1]);
    expect(data('iteration_completed')).toMatchObject([
      { ...{ id: 'each', outputs: { output: ['A', 'B'] }, status: 'succeeded', error: null, steps: 2 } },
    ]);
    for (const name of ['node_started', 'node_finished'])
      expect(data(name, 'shout')).toMatchObject([
        { iteration_id: 'each', loop_id: null },
        { iteration_id: 'each', loop_id: null },
      ]);
    expect(data('node_finished', 'shout').map(({ execution_metadata }) => execution_metadata)).toMatchObject([
      { iteration_id: 'each', iteration_index: 0 },
      { iteration_id: 'each', iteration_index: 1 },
    ]);

    expect(data('loop_started')).toMatchObject([
      { id: 'loop', node_type: 'loop', metadata: { loop_length: 5 }, inputs: { loop_count: 5, n: 0 } },
    ]);
    expect(data('loop_next')).toMatchObject([{ index: 1, pre_loop_output: { n: 1 } }]);
    expect(data('loop_completed')).toMatchObject([
      {
        ...{ id: 'loop', outputs: { n: 2, loop_round: 2 }, status: 'succeeded', error: null },
        execution_metadata: { completed_reason: 'loop_break' },
      },
    ]);
    expect(data('node_finished', 'add')).toMatchObject([
      { iteration_id: null, loop_id: 'loop', execution_metadata: { loop_id: 'loop', loop_index: 0 } },
      { iteration_id: null, loop_id: 'loop', execution_metadata: { loop_id: 'loop', loop_index: 1 } },
    ]);
  });

  test('tells attempts that failed, and that the run went on without', () => {
    const retries = data('node_retry');
    expect(retries).toMatchObject([
      { node_id: 'http', status: 'retry', retry_index: 1 },
      { node_id: 'http', status: 'retry', retry_index: 2 },
    ]);
    const [finished] = data('node_finished', 'http');
    for (const { id, error } of retries) {
      expect(id).toBe(finished?.id);
      expect(String(error)).toContain('503');
    }
    expect(finished).toMatchObject({
      status: 'exception',
      outputs: { body: 'nothing there', error_type: expect.any(String), error_message: expect.any(String) },
      execution_metadata: { error_strategy: 'default-value' },
    });
    expect(data('node_started', 'http')).toHaveLength(1);
    expect(finishedIn(events)).toMatchObject({
      status: 'partial-succeeded',
      exceptions_count: 1,
      error: null,
    });
  });

  test('tells thoughts apart from the answer', () => {
    const message_id = kind === 'chatflow' ? events[0]?.message_id : null;
    const base = { message_id, node_id: 'llm', is_final: false };
    expect(data('reasoning_chunk')).toEqual([
      { ...base, reasoning: 'hm' },
      { ...base, reasoning: '…' },
      { ...base, reasoning: '', is_final: true },
    ]);
    expect(data('node_finished', 'llm')).toMatchObject([
      {
        outputs: { text: 'Hello there', reasoning_content: 'hm…' },
        process_data: { model_mode: 'chat', prompts: [{ role: 'user', text: 'Say something.' }] },
        execution_metadata: { total_tokens: 12, currency: 'USD', total_price: expect.any(String) },
      },
    ]);
  });

  test('ends with how it ended', async () => {
    const finished = finishedIn(events);
    expect(events.at(-1)?.event).toBe('workflow_finished');
    expect(finished).toMatchObject({
      id: events[0]?.workflow_run_id,
      created_by: { id: expect.any(String), user: 'the user' },
      total_tokens: 12,
      total_steps: 7,
      files: [],
      outputs:
        kind === 'workflow'
          ? { text: 'Hello there', body: 'nothing there', all: ['A', 'B'], n: 2 }
          : { answer: 'Hello there nothing there - A\n- B 2' },
    });
    const response = await parley.request(kind, 'GET', `/workflows/run/${finished.id}`);
    const run = (await response.json()) as Fields;
    expect(responseProblems('get', '/workflows/run/{workflow_run_id}', 200, run)).toEqual([]);
    const { outputs, status, total_steps, total_tokens, error, created_at } = finished;
    expect(run.elapsed_time).toBeCloseTo(Number(finished.elapsed_time), 2);
    expect(run).toMatchObject({
      ...{ id: finished.id, outputs, status, total_steps, total_tokens, error },
      ...{ created_at, finished_at: finished.finished_at, workflow_id: finished.workflow_id },
    });
    expect(JSON.parse(String(run.inputs))).toEqual((data('workflow_started')[0] as Fields).inputs);
    if (kind === 'workflow') return;
    const end = events.at(-2);
    expect(end).toMatchObject({
      event: 'message_end',
      metadata: {
        annotation_reply: null,
        retriever_resources: [],
        usage: { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12, total_price: expect.any(String) },
      },
      files: null,
    });
  });
});

test.skipIf(!hasDifySpec)('the check against the published document finds what is wrong', async () => {
  const [first, ...rest] = await streamWorkflow(parley, { inputs: {} });
  const { task_id: _, ...without } = first as WorkflowEvent;
  expect(problemsOf('workflow', [without])).toEqual(['workflow_started: task_id is missing']);
  const finished = rest.at(-1) as WorkflowEvent;
  const wrong = { ...finished, data: { ...finished.data, total_steps: 'seven' } };
  expect(problemsOf('workflow', [wrong])).not.toEqual([]);
});

describe('a node that fails', () => {
  const broken = { tokens: ['I think', ' that'], error: { message: 'out of order' } };

  test('ends a workflow: HTTP 200, failed, workflow_finished last', async () => {
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
    expect(problemsOf('workflow', events)).toEqual([]);

    const answer = await runWorkflow(parley, { response_mode: 'blocking' }, 'failing-workflow');
    expect(answer.data).toMatchObject({ status: 'failed', error: finished.error, outputs: null });
    expect(responseProblems('post', '/workflows/run', 200, answer)).toEqual([]);
    const run = await parley.request('failing-workflow', 'GET', `/workflows/run/${answer.workflow_run_id}`);
    expect(await run.json()).toMatchObject({ status: 'failed', error: finished.error, outputs: {} });
  });

  test('ends a chatflow: workflow_finished, then an error that every client knows', async () => {
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
    expect(problemsOf('chatflow', events)).toEqual([]);

    const path = `/messages?user=failed&conversation_id=${last?.conversation_id}`;
    const list = (await (await parley.request('failing-chatflow', 'GET', path)).json()) as { data: Fields[] };
    expect(list.data).toMatchObject([
      { id: last?.message_id, status: 'error', error: last?.message, answer: 'So: I think that' },
    ]);

    const blocking = await sendChat(parley, {}, 'failing-chatflow');
    expect(blocking.status).toBe(400);
    expect(await blocking.json()).toEqual({
      ...{ code: 'invalid_param', status: 400, message: `Run failed: ${error}` },
    });
  });

  test('takes back what it had said when it begins again', async () => {
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
    expect(replaced.map((event) => Object.keys(event))).toEqual([[...CHAT, 'answer', 'reason']]);
    expect(replaced).toMatchObject([{ answer: 'So: ', reason: '' }]);
    expect(problemsOf('chatflow', chatflow)).toEqual([]);
    const path = `/messages?user=again&conversation_id=${chatflow[0]?.conversation_id}`;
    const list = (await (await parley.request('trying-chatflow', 'GET', path)).json()) as { data: Fields[] };
    expect(list.data).toMatchObject([{ answer: 'So: All good', status: 'normal' }]);
    expect((await answered(sendChat(parley, {}, 'trying-chatflow'))).answer).toBe('So: All good');
  });
});

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
    outputs: { text: 'Hello there', body: 'nothing there', all: ['A', 'B'], n: 2 },
  });
});

test('a blocking answer has the keys of a chatflow', async () => {
  const answer = await answered(sendChat(parley, {}, 'chatflow'));
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
    ...{ event: 'message', mode: 'advanced-chat', answer: 'Hello there nothing there - A\n- B 2' },
    id: answer.message_id,
  });
  expect(responseProblems('post', '/chat-messages', 200, answer)).toEqual([]);
});

test('logs and runs, for whoever has the key', async () => {
  const answer = await runWorkflow(parley, { inputs: { q: 'look for me' }, user: 'somebody' });
  // Not scoped by user (`facts/dify-wire.md` §17 row 31).
  const run = await parley.request('workflow', 'GET', `/workflows/run/${answer.workflow_run_id}?user=else`);
  expect(run.status).toBe(200);
  const foreign = await parley.request('failing-workflow', 'GET', `/workflows/run/${answer.workflow_run_id}`);
  expect(foreign.status).toBe(404);
  expect(await foreign.json()).toMatchObject({ code: 'not_found', message: 'Workflow run not found.' });
  const list = async (query: string) => {
    const body = (await (
      await parley.request('workflow', 'GET', `/workflows/logs?${query}`)
    ).json()) as Fields;
    expect(responseProblems('get', '/workflows/logs', 200, body)).toEqual([]);
    return body as { total: number; data: { workflow_run: Fields; created_by_end_user: Fields }[] };
  };
  for (const query of ['keyword=look%20for', 'created_by_end_user_session_id=somebody', 'keyword=somebod'])
    expect((await list(query)).data.map(({ workflow_run }) => workflow_run.id)).toEqual([
      answer.workflow_run_id,
    ]);
  const [entry] = (await list(`keyword=${answer.workflow_run_id}`)).data;
  expect(entry).toMatchObject({
    workflow_run: {
      ...{ id: answer.workflow_run_id, status: 'partial-succeeded', exceptions_count: 1 },
      ...{ total_steps: answer.data.total_steps, total_tokens: answer.data.total_tokens },
    },
    created_by_end_user: { session_id: 'somebody', type: 'service-api' },
  });
  expect((await list('keyword=nothing-like-that')).total).toBe(0);
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
