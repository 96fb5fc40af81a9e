import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inTurn } from '../support/mock-provider/in-turn.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { textParameter, writeOpenApi } from '../support/tools/openapi-document.ts';
import { type Callee, startCallee } from '../support/tools/start-callee.ts';
import { answerNode, endNode, graphApp, startNode, type TestNode } from './graph-app.ts';
import { publishedProblems } from './published-problems.ts';
import {
  dataOf,
  type Fields,
  finishedIn,
  shownIn,
  streamChatflow,
  streamWorkflow,
  type WorkflowEvent,
} from './workflow-turns.ts';

let provider: MockProvider;
let callee: Callee;
let document: Awaited<ReturnType<typeof writeOpenApi>>;
let parley: TestParley;

const constant = (value: unknown) => ({ type: 'constant', value });

beforeAll(async () => {
  provider = await startMockProvider();
  callee = await startCallee({ body: 'sunny' });
  document = await writeOpenApi(callee.url, {
    weather: { path: '/weather', parameters: [textParameter('city')] },
  });
  const tool = {
    ...{ enabled: true, type: 'api', provider_name: 'service', tool_name: 'weather', tool_label: 'Weather' },
    ...{ settings: {}, parameters: {}, schemas: [], extra: { description: '' } },
  };
  const agent: TestNode = {
    ...{ type: 'agent', title: 'Agent', output_schema: null },
    ...{ agent_strategy_provider_name: 'langgenius/agent/agent', agent_strategy_name: 'function_calling' },
    agent_strategy_label: 'FunctionCalling',
    agent_parameters: {
      model: constant({
        ...{ provider: 'openai', model: 'mock-model', mode: 'chat', model_type: 'llm' },
        ...{ completion_params: {}, type: 'model-selector' },
      }),
      tools: constant([tool]),
      instruction: constant('Be exact.'),
      query: constant('How is the weather?'),
      maximum_iterations: constant(3),
    },
  };
  parley = await startParley({
    provider: provider.baseUrl,
    apps: {
      workflow: graphApp('workflow', {
        start: startNode(),
        agent,
        end: endNode({ text: ['agent', 'text'] }),
      }),
      chatflow: graphApp('advanced-chat', {
        start: startNode(),
        agent,
        answer: answerNode('{{#agent.text#}}'),
      }),
    },
    config: { tools: [{ name: 'service', openapi: document.file }] },
  });
});
afterAll(async () => {
  await parley.close();
  await document.remove();
  await Promise.all([callee.close(), provider.close()]);
});

describe.each(['workflow', 'chatflow'] as const)('an agent in a %s', (kind) => {
  let events: WorkflowEvent[];
  let entries: Fields[];
  beforeAll(async () => {
    provider.reply(
      inTurn(
        { tokens: ['I look. '], toolCalls: [{ name: 'weather', arguments: '{"city":"Rome"}' }] },
        { tokens: ['It is', ' sunny.'] },
      ),
    );
    events = await (kind === 'workflow' ? streamWorkflow : streamChatflow)(parley);
    entries = dataOf(events, 'agent_log');
  });

  test('says what it does while it does it', () => {
    expect(shownIn(events)).toMatch(/^I look\.\s+It is sunny\.$/);
    expect(entries.map(({ label, status }) => `${label} ${status}`)).toEqual([
      ...['ROUND 1 start', 'mock-model Thought start', 'mock-model Thought success'],
      ...['CALL weather start', 'CALL weather success', 'ROUND 1 success'],
      ...['ROUND 2 start', 'mock-model Thought start', 'mock-model Thought success', 'ROUND 2 success'],
    ]);
    expect(publishedProblems(kind, events)).toEqual([]);
  });

  test('with the keys that clients know, and lines that belong to its node and to one another', () => {
    const [started] = dataOf(events, 'node_started', 'agent');
    expect(started?.agent_strategy).toMatchObject({ name: 'function_calling' });
    const ids = new Map<unknown, Fields>();
    for (const entry of entries) {
      expect(Object.keys(entry)).toEqual([
        ...[
          'node_execution_id',
          'id',
          'label',
          'parent_id',
          'error',
          'status',
          'data',
          'metadata',
          'node_id',
        ],
      ]);
      expect(entry).toMatchObject({ node_execution_id: started?.id, node_id: 'agent', error: null });
      const known = ids.get(entry.id);
      expect(entry.status).toBe(known ? 'success' : 'start');
      if (entry.parent_id !== null) expect(ids.get(entry.parent_id)?.label).toMatch(/^ROUND \d$/);
      ids.set(entry.id, entry);
    }
    for (const event of events.filter(({ event }) => event === 'agent_log'))
      expect(event.workflow_run_id).toBe(events[0]?.workflow_run_id);
  });

  test('and the whole of it with its node', () => {
    const [finished] = dataOf(events, 'node_finished', 'agent');
    expect(finished).toMatchObject({ status: 'succeeded', outputs: { files: [] } });
    expect((finished as { outputs: Fields }).outputs.text).toBe(shownIn(events));
    const metadata = finished?.execution_metadata as { agent_log: Fields[]; total_tokens: number };
    expect(finishedIn(events)).toMatchObject({ status: 'succeeded', total_tokens: metadata.total_tokens });
    expect(metadata.agent_log.map(({ label }) => label)).toEqual([
      ...['ROUND 1', 'mock-model Thought', 'CALL weather', 'ROUND 2', 'mock-model Thought'],
    ]);
  });
});
