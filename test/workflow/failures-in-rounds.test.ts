import { afterAll, beforeAll, expect, test } from 'vitest';
import { startParley, type TestParley } from '../support/parley/start-parley.ts';
import { endNode, graphApp, startNode, type TestNode } from './graph-app.ts';
import { dataOf, type Fields, finishedIn, streamWorkflow } from './workflow-turns.ts';

let parley: TestParley;

/** `error_handle_mode` of an iteration over three texts, the second of which is bad. */
function iteration(error_handle_mode: string, more: Fields = {}): Record<string, TestNode> {
  return {
    start: startNode(),
    list: {
      ...{ type: 'code', code_language: 'javascript', variables: [] },
      code: 'function main() { return { items: ["a", "bad", "c"] } }',
      outputs: { items: { type: 'array[string]' } },
    },
    each: {
      ...{ type: 'iteration', iterator_selector: ['list', 'items'], output_selector: ['inner', 'out'] },
      ...{ output_type: 'array[string]', start_node_id: 'eachstart', error_handle_mode, ...more },
    },
    eachstart: { type: 'iteration-start', parent: 'each' },
    inner: {
      ...{ type: 'code', parent: 'each', code_language: 'javascript', outputs: { out: { type: 'string' } } },
      code: 'function main({ x }) { if (x === "bad") throw new Error("it is bad"); return { out: "good " + x } }',
      variables: [{ variable: 'x', value_selector: ['each', 'item'] }],
    },
    end: endNode({ all: ['each', 'output'] }),
  };
}
const ITERATION_EDGES = [
  ['start', 'list'],
  ['list', 'each'],
  ['eachstart', 'inner'],
  ['each', 'end'],
] as const;

beforeAll(async () => {
  parley = await startParley({
    apps: {
      terminated: graphApp('workflow', iteration('terminated'), { edges: ITERATION_EDGES }),
      continued: graphApp('workflow', iteration('continue-on-error'), { edges: ITERATION_EDGES }),
      removed: graphApp('workflow', iteration('remove-abnormal-output'), { edges: ITERATION_EDGES }),
      parallel: graphApp(
        'workflow',
        iteration('remove-abnormal-output', { is_parallel: true, parallel_nums: 3 }),
        { edges: ITERATION_EDGES },
      ),
    },
  });
});
afterAll(() => parley.close());

test('a round that fails ends the iteration and the run', async () => {
  const events = await streamWorkflow(parley, {}, 'terminated');
  expect(finishedIn(events)).toMatchObject({
    status: 'failed',
    error: expect.stringContaining('it is bad'),
  });
  expect(dataOf(events, 'iteration_completed')).toMatchObject([{ status: 'failed', error: null }]);
  expect(dataOf(events, 'node_finished', 'inner')).toMatchObject([
    { status: 'succeeded', iteration_id: 'each' },
    { status: 'failed', iteration_id: 'each' },
  ]);
  expect(events.at(-1)?.event).toBe('workflow_finished');
});

test.each([
  ['continued', ['good a', null, 'good c']],
  ['removed', ['good a', 'good c']],
  ['parallel', ['good a', 'good c']],
])('or not: %s', async (app, all) => {
  const events = await streamWorkflow(parley, {}, app);
  expect(finishedIn(events)).toMatchObject({ outputs: { all }, error: null });
  expect(dataOf(events, 'iteration_completed')).toMatchObject([{ outputs: { output: all } }]);
  expect(dataOf(events, 'iteration_next').map(({ index }) => index)).toEqual([0, 1, 2]);
});
