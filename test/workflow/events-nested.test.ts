import { afterAll, beforeAll, expect, test } from 'vitest';
import type { MockRequest } from '../support/mock-provider/mock-request.ts';
import { type MockProvider, startMockProvider } from '../support/mock-provider/start-mock-provider.ts';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { readStream, sendChat } from '../support/parley/turns.ts';
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
  messagesOf,
  shownIn,
  streamWorkflow,
  type WorkflowEvent,
} from './workflow-turns.ts';

let provider: MockProvider;
let parley: TestParley;

const list: TestNode = {
  ...{ type: 'code', code_language: 'javascript', variables: [] },
  code: 'function main() { return { items: ["a", "b"] } }',
  outputs: { items: { type: 'array[string]' } },
};
const each = (more: Fields): TestNode => ({
  ...{ type: 'iteration', iterator_selector: ['list', 'items'], start_node_id: 'eachstart' },
  ...{ output_type: 'array[string]', ...more },
});
const eachstart: TestNode = { type: 'iteration-start', parent: 'each' };

beforeAll(async () => {
  provider = await startMockProvider();
  parley = await startParley({
    provider: provider.baseUrl,
    apps: {
      workflow: graphApp(
        'workflow',
        {
          ...{ start: startNode(), list, each: each({ output_selector: ['after', 'output'] }), eachstart },
          loop: {
            ...{ type: 'loop', parent: 'each', loop_count: 2, start_node_id: 'loopstart' },
            loop_variables: [{ label: 'n', var_type: 'number', value_type: 'constant', value: '0' }],
            break_conditions: [],
          },
          loopstart: { type: 'loop-start', parent: 'loop' },
          add: {
            ...{ type: 'assigner', version: '2', parent: 'loop' },
            items: [{ variable_selector: ['loop', 'n'], input_type: 'constant', operation: '+=', value: 1 }],
          },
          after: {
            ...templateNode('{{ item }}{{ n }}', { item: ['each', 'item'], n: ['loop', 'n'] }),
            parent: 'each',
          },
          end: endNode({ all: ['each', 'output'] }),
        },
        {
          edges: [
            ['start', 'list'],
            ['list', 'each'],
            ['eachstart', 'loop'],
            ['loopstart', 'add'],
            ['loop', 'after'],
            ['each', 'end'],
          ],
        },
      ),
      chatflow: graphApp(
        'advanced-chat',
        {
          ...{ start: startNode(), list, eachstart },
          each: each({ output_selector: ['llm', 'text'], is_parallel: true, parallel_nums: 2 }),
          llm: {
            ...llmNode('say {{#each.item#}}', {
              retry_config: { retry_enabled: true, max_retries: 1, retry_interval: 0 },
            }),
            parent: 'each',
          },
          said: { ...answerNode('{{#llm.text#}}'), parent: 'each' },
          answer: answerNode('All: {{#each.output#}}'),
        },
        {
          edges: [
            ['start', 'list'],
            ['list', 'each'],
            ['eachstart', 'llm'],
            ['llm', 'said'],
            ['each', 'answer'],
          ],
        },
      ),
    },
  });
});
afterAll(async () => {
  await parley.close();
  await provider.close();
});

test('a loop in an iteration: what is in it names both', async () => {
  const events = await streamWorkflow(parley);
  expect(finishedIn(events)).toMatchObject({ status: 'succeeded', outputs: { all: ['a2', 'b2'] } });
  const places = dataOf(events, 'node_finished', 'add').map(
    ({ execution_metadata, iteration_id, loop_id }) => [iteration_id, loop_id, execution_metadata] as const,
  );
  expect(places).toMatchObject(
    [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ].map(([iteration_index, loop_index]) => [
      ...['each', 'loop'],
      { iteration_id: 'each', iteration_index, loop_id: 'loop', loop_index },
    ]),
  );
  expect(dataOf(events, 'loop_started')).toHaveLength(2);
  expect(dataOf(events, 'loop_completed')).toMatchObject([{ status: 'succeeded' }, { status: 'succeeded' }]);
  expect(dataOf(events, 'node_started', 'after')).toMatchObject([
    { iteration_id: 'each', loop_id: null },
    { iteration_id: 'each', loop_id: null },
  ]);
  expect(publishedProblems('workflow', events)).toEqual([]);
});

test('rounds side by side speak one after the other, as they end; one that begins again says nothing twice', async () => {
  provider.reply({ gate: true });
  const reader = await readStream(await sendChat(parley, { response_mode: 'streaming' }, 'chatflow'));
  const asks = (item: string) => (request: MockRequest) =>
    !request.isOver && request.messages[0]?.content === `say ${item}`;
  const [a, b] = [await provider.nextRequest(asks('a')), await provider.nextRequest(asks('b'))];
  a.send('a wrong ');
  b.send('b one ');
  a.send('a also wrong ');
  a.cut();
  const again = await provider.nextRequest(asks('a'));
  again.send('a right ');
  again.finish();
  const events = (await reader.readUntil((event) => shownIn([event]) === 'a right ')) as WorkflowEvent[];
  b.send('b two ');
  b.finish();
  events.push(...((await reader.readAll()) as WorkflowEvent[]));
  expect(events.map(({ event }) => event)).not.toContain('message_replace');
  const shown = 'a right b one b two All: - a right \n- b one b two ';
  expect(shownIn(events)).toBe(shown);
  expect(finishedIn(events)).toMatchObject({ status: 'succeeded' });
  expect(dataOf(events, 'node_retry')).toMatchObject([
    { node_id: 'llm', iteration_id: 'each', execution_metadata: { iteration_index: 0 } },
  ]);
  expect(await messagesOf(parley, 'chatflow', events[0]?.conversation_id)).toMatchObject([
    { answer: shown, status: 'normal' },
  ]);
  expect(publishedProblems('chatflow', events)).toEqual([]);
});
