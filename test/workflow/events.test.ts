import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { hasDifySpec, responseProblems } from '../support/spec/dify-spec.ts';
import { type Callee, startCallee } from '../support/tools/start-callee.ts';
import { EVENT_KEYS, WRAPPER_KEYS } from './event-keys.ts';
import {
  answerNode,
  endNode,
  graphApp,
  llmNode,
  startNode,
  type TestNode,
  templateNode,
} from './graph-app.ts';
import { publishedProblems } from './published-problems.ts';
import {
  dataOf,
  type Fields,
  finishedIn,
  streamChatflow,
  streamWorkflow,
  type WorkflowEvent,
} from './workflow-turns.ts';

type Kind = 'workflow' | 'chatflow';

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
  parley = await startParley({
    provider: provider.baseUrl,
    apps: {
      workflow: graphApp('workflow', everything(ENDS.workflow), { edges: ORDER }),
      chatflow: graphApp('advanced-chat', everything(ENDS.chatflow), { edges: ORDER }),
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
    expect(told).toEqual(
      new Set([...Object.keys(EVENT_KEYS).filter((name) => name !== 'text_chunk'), ...words]),
    );
    for (const event of events) {
      expect(Object.keys(event), event.event).toEqual(WRAPPER_KEYS[kind](event.event));
      if (event.data) expect(Object.keys(event.data), event.event).toEqual(EVENT_KEYS[event.event]);
    }
    expect(publishedProblems(kind, events)).toEqual([]);
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
  expect(publishedProblems('workflow', [without])).toEqual(['workflow_started: task_id is missing']);
  const finished = rest.at(-1) as WorkflowEvent;
  const wrong: WorkflowEvent = { ...finished, data: { ...finished.data, total_steps: 'seven' } };
  expect(publishedProblems('workflow', [wrong])).not.toEqual([]);
});
