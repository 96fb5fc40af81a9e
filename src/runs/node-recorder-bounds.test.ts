import { expect, test } from 'vitest';
import type { NodeExecutionRow } from '../store/schema.ts';
import { NodeRecorder } from './node-recorder.ts';
import { sizeOfEvent } from './size-of-event.ts';
import type { NodeEvent } from './workflow-event.ts';

function finished(executionId: string, values: object): NodeEvent {
  const record = values as Readonly<Record<string, unknown>>;
  return {
    ...{ kind: 'node_finished', executionId, nodeId: 'n', nodeType: 'code', title: 'N', round: null },
    ...{ at: 2, startedAt: 1, elapsedMs: 1, status: 'succeeded', error: null, errorType: null, usage: null },
    ...{ inputs: record, processData: {}, outputs: record, metadata: {} },
  } as NodeEvent;
}

test('what nodes leave behind is bounded, of each and of all together', async () => {
  const stored: NodeExecutionRow[] = [];
  const recorder = new NodeRecorder(
    { appId: 'a', workflowRunId: 'r' },
    async (rows) => void stored.push(...rows),
    (error) => {
      throw error;
    },
  );
  const large = { text: 'x'.repeat(10_000_000) };
  for (let at = 0; at < 150; at += 1) recorder.add(finished(String(at), large));
  recorder.add(finished('last', { a: 1 }));
  const rows = [...stored, ...(await recorder.rest())];
  expect(rows.map(({ position }) => position)).toEqual(Array.from({ length: 151 }, (_, at) => at + 1));
  const lengths = rows.map(({ inputs, outputs }) => inputs.length + outputs.length);
  expect(Math.max(...lengths)).toBeLessThan(2 * 300_000);
  expect(lengths.reduce((sum, length) => sum + length, 0)).toBeLessThan(20 * 1024 ** 2);
  for (const { inputs } of rows) expect(() => JSON.parse(inputs)).not.toThrow();
});

test('small ones are stored whole', async () => {
  const recorder = new NodeRecorder(
    { appId: 'a', workflowRunId: 'r' },
    async () => {},
    () => {},
  );
  const values = { text: 'é', list: [1, { a: null }] };
  recorder.add(finished('1', values));
  const [row] = await recorder.rest();
  expect(JSON.parse(row?.outputs ?? '')).toEqual(values);
});

test('an event counts for what it holds', () => {
  expect(sizeOfEvent(finished('1', { text: 'x'.repeat(1000) }))).toBeGreaterThan(2000);
  expect(sizeOfEvent(finished('1', {}))).toBeLessThan(1000);
});
