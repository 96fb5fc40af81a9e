import { expect, test } from 'vitest';
import { options } from '../../../test/support/apps/read-app.fixture.ts';
import { startNode, workflowDsl } from '../../../test/support/apps/workflow.fixture.ts';
import type { WorkflowReading } from '../workflow-reader.ts';
import type { DslProblem } from './dsl-error.ts';
import { readApp } from './read-app.ts';

const DSL = workflowDsl(
  [startNode(), '{ id: a, data: { type: answer, title: Reply } }', '{ id: 7, data: { type: end } }'],
  [
    'environment_variables: [{ name: KEY, value_type: secret }, { name: HOST, value_type: string, value: h }]',
  ],
);

function warnings(reading: Partial<WorkflowReading>): readonly DslProblem[] {
  const found: DslProblem[] = [];
  readApp(DSL, {
    ...options,
    settings: { ...options.settings, env: { KEY: 'k' } },
    readWorkflow: () => ({ problems: [], needs: [], ...reading }),
    onWarning: (warning) => found.push(warning),
  });
  return found;
}

test('a reader that has nothing to say', () => {
  expect(warnings({})).toEqual([]);
});

test('what a kind of node warns of stands at the line of the node', () => {
  expect(warnings({ warnings: [{ nodeId: 'a', message: 'does that' }] })).toEqual([
    { line: 6, reason: 'node "Reply": does that' },
  ]);
});

test('an answer or end that says a secret, once for each; other variables are no secrets', () => {
  const says = [
    { nodeId: 'a', selector: ['env', 'KEY'] },
    { nodeId: 'a', selector: ['env', 'HOST'] },
    { nodeId: 'a', selector: ['env', 'KEY'] },
    { nodeId: 'a', selector: ['start', 'KEY'] },
    { nodeId: 'a', selector: ['env'] },
    { nodeId: '7', selector: ['env', 'KEY', 'x'] },
  ];
  const reason = 'says the secret KEY, which is not masked there: clients see it';
  expect(warnings({ says })).toEqual([
    { line: 6, reason: `node "Reply": ${reason}` },
    { line: 7, reason: `node 7: ${reason}` },
  ]);
});

test('many of them are cut off', () => {
  const many = Array.from({ length: 50_000 }, (_, at) => ({ nodeId: 'a', message: `slip ${at}` }));
  expect(warnings({ warnings: many })).toHaveLength(100);
});
