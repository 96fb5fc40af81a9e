import { afterEach, expect, test } from 'vitest';
import { options } from '../../../test/support/apps/read-app.fixture.ts';
import { startNode, workflowDsl } from '../../../test/support/apps/workflow.fixture.ts';
import { DslError, type DslProblem } from '../../apps/dsl/dsl-error.ts';
import { readApp } from '../../apps/dsl/read-app.ts';
import { readAppOfAnySize } from '../../apps/dsl/read-app-of-any-size.ts';
import { graphOf, readWorkflow } from '../workflow/read-workflow.ts';
import { createLargeAppReader } from './large-app-reader.ts';

let reader = createLargeAppReader();
afterEach(() => {
  reader.close();
  reader = createLargeAppReader();
});

const node = (id: string, data = 'type: template-transform, template: x, variables: []') =>
  `{ id: ${id}, data: { ${data} } }`;

function large(...more: readonly string[]): string {
  const many = Array.from({ length: 4_000 }, (_, at) => node(`n${at}`));
  return workflowDsl([startNode('{ variable: v, type: external_data_tool }'), ...many, ...more]);
}

async function refusal(reading: Promise<unknown>): Promise<readonly DslProblem[]> {
  const error = await reading.then(
    () => null,
    (error: unknown) => error,
  );
  if (!(error instanceof DslError)) throw new Error(`not a DslError: ${error}`);
  expect(error.file).toBe('a.yml');
  return error.problems;
}

test('a large app is what it would be if it were read here, and the event loop goes on meanwhile', async () => {
  const source = large();
  const warnings: DslProblem[] = [];
  let turns = 0;
  const turning = setInterval(() => {
    turns += 1;
  }, 1);
  const app = await readAppOfAnySize(source, {
    ...options,
    workflowReader: () => () => {
      throw new Error('read here');
    },
    readLargeApp: reader.read,
    onWarning: (warning) => warnings.push(warning),
  });
  clearInterval(turning);
  expect(turns).toBeGreaterThan(20);
  expect(app).toEqual(readApp(source, { ...options, readWorkflow }));
  expect(Object.isFrozen(app.config.workflow?.graph)).toBe(true);
  expect(warnings).toMatchObject([{ line: 5 }]);
  if (app.config.workflow === null) throw new Error('no workflow');
  expect(graphOf(app.config.workflow).nodes.size).toBe(4_001);
});

test('what is wrong with it is told as ever', async () => {
  const problems = await refusal(reader.read(large(node('odd', 'type: odd, title: Odd')), options));
  expect(problems).toEqual([{ line: 4_006, reason: `node "Odd": Unknown node type 'odd'` }]);
  const broken = await refusal(reader.read('a: [', options));
  expect(broken[0]?.line).toBe(1);
});

test('a small app is read here', async () => {
  const source = workflowDsl([startNode()]);
  const readLargeApp = () => Promise.reject(new Error('not large'));
  expect(
    (await readAppOfAnySize(source, { ...options, workflowReader: () => readWorkflow, readLargeApp })).mode,
  ).toBe('workflow');
});

test('a file that takes too much time or memory is refused, and the next one is read', async () => {
  const hurried = createLargeAppReader({ timeoutMs: 1, heapMb: 1024 });
  const poor = createLargeAppReader({ timeoutMs: 60_000, heapMb: 24 });
  try {
    expect((await refusal(hurried.read(large(), options)))[0]?.reason).toContain('takes longer than');
    const huge = Array.from({ length: 20 }, () => large()).join('\n---\n');
    expect((await refusal(poor.read(huge, options)))[0]?.reason).toContain('more memory');
  } finally {
    hurried.close();
    poor.close();
  }
  expect((await reader.read(large(), options)).app.mode).toBe('workflow');
});

test('a graph beyond all measure is refused', async () => {
  const many = Array.from({ length: 10_001 }, (_, at) => node(`n${at}`));
  const problems = await refusal(reader.read(workflowDsl(many), options));
  expect(problems).toEqual([{ line: 4, reason: 'The graph has more than 10000 nodes or 100000 edges' }]);
});

test('a reader that is closed refuses what it was reading', async () => {
  const reading = refusal(reader.read(large(), options));
  reader.close();
  expect((await reading)[0]?.reason).toContain('no files are read any more');
});
