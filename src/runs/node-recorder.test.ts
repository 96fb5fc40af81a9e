import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { NodeExecutionRow } from '../store/schema.ts';
import { NodeRecorder } from './node-recorder.ts';
import type { NodeEvent } from './workflow-event.ts';

const write = vi.fn<(rows: readonly NodeExecutionRow[]) => Promise<void>>();
const onError = vi.fn<(error: unknown) => void>();
const gone = new Error('the store is gone');
let recorder: NodeRecorder;

beforeEach(() => {
  vi.useFakeTimers();
  write.mockReset().mockResolvedValue();
  onError.mockReset();
  recorder = new NodeRecorder({ appId: 'app', workflowRunId: 'run' }, write, onError);
});
afterEach(() => {
  vi.useRealTimers();
});

const finished = (nodeId: string): NodeEvent => ({
  ...{ kind: 'node_finished', status: 'succeeded', executionId: `execution of ${nodeId}` },
  ...{ nodeId, nodeType: 'code', title: nodeId, round: null, at: 9, startedAt: 5, elapsedMs: 4 },
  ...{ inputs: {}, processData: {}, outputs: {}, error: null, errorType: null, usage: null, metadata: {} },
});
const add = (...nodeIds: string[]) => {
  for (const id of nodeIds) recorder.add(finished(id));
};
const told = (rows: readonly NodeExecutionRow[]) => rows.map(({ node_id, position }) => [node_id, position]);
/** What was offered to the store so far. */
const offered = () => write.mock.calls.map(([rows]) => told(rows));
/** A second later what has been added is offered. */
const wait = () => vi.advanceTimersByTimeAsync(1_000);

test('what is stored while the run goes on is not stored again with its outcome', async () => {
  add('a', 'b');
  expect(write).not.toHaveBeenCalled();
  await wait();
  add('c');
  expect(told(await recorder.rest())).toEqual([['c', 3]]);
  expect(offered()).toEqual([
    [
      ['a', 1],
      ['b', 2],
    ],
  ]);
  expect(onError).not.toHaveBeenCalled();
});

test('rows that the store did not take are left for the outcome, in their order', async () => {
  write.mockRejectedValue(gone);
  add('a', 'b');
  await wait();
  expect(onError).toHaveBeenCalledExactlyOnceWith(gone);
  add('c');
  expect(told(await recorder.rest())).toEqual([
    ['a', 1],
    ['b', 2],
    ['c', 3],
  ]);
});

test('so are those of a write that fails while the run ends, before what came meanwhile', async () => {
  const writing = Promise.withResolvers<void>();
  write.mockReturnValueOnce(writing.promise);
  add('a');
  await wait();
  add('b');
  const rest = recorder.rest();
  const ended = vi.fn();
  void rest.then(ended);
  await wait();
  expect(ended, 'nothing may be stored twice at once').not.toHaveBeenCalled();
  writing.reject(gone);
  expect(told(await rest)).toEqual([
    ['a', 1],
    ['b', 2],
  ]);
});

test('rows that were given back are offered with the next ones', async () => {
  write.mockRejectedValueOnce(gone);
  add('a');
  await wait();
  add('b');
  await wait();
  expect(offered().at(-1)).toEqual([
    ['a', 1],
    ['b', 2],
  ]);
  expect(await recorder.rest()).toEqual([]);
});
