import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { error, options } from '../../../test/support/apps/read-app.fixture.ts';
import { startNode, workflowDsl } from '../../../test/support/apps/workflow.fixture.ts';
import type { WorkflowConfig } from '../../apps/app.ts';
import type { DslProblem } from '../../apps/dsl/dsl-error.ts';
import { readApp } from '../../apps/dsl/read-app.ts';
import { ParleyError } from '../../errors.ts';
import { graphOf, readWorkflow } from './read-workflow.ts';

const CASES = new URL('./conformance/', import.meta.url);

function workflow(source: string): WorkflowConfig {
  const read = readApp(source, { ...options, readWorkflow }).config.workflow;
  if (read === null) throw new Error('no workflow');
  return read;
}

describe('the conformance cases', () => {
  test.each(readdirSync(CASES).filter((name) => name.endsWith('.yml')))('%s is an app', (name) => {
    const { graph } = workflow(readFileSync(new URL(name, CASES), 'utf8'));
    expect(graphOf({ graph })).toBe(graphOf({ graph }));
  });
});

describe('what an app cannot run with is told when it is read', () => {
  test('nodes of an unknown kind, with title and line', () => {
    const source = workflowDsl([
      startNode(),
      '{ id: a, data: { type: teleport, title: Beam me up } }',
      '{ id: b, data: { type: code, title: Broken, code_language: cobol } }',
    ]);
    const found = error(source, { readWorkflow });
    expect(found?.kind).toBe('invalid');
    expect(found?.problems).toEqual([
      { line: 6, reason: `node "Beam me up": Unknown node type 'teleport'` },
      { line: 7, reason: expect.stringMatching(/^node "Broken": .*code_language/) },
    ]);
  });

  test.each([
    ['app: { mode: workflow }\nworkflow:\n  features: {}', 2, 'no list of nodes'],
    ['app: { mode: workflow }\nworkflow:\n  graph: { nodes: 3 }', 3, 'no list of nodes'],
    [workflowDsl(['{ id: a, type: custom-note }']), 4, 'no start node'],
  ])('no graph: %j', (source, line, reason) => {
    const found = error(source, { readWorkflow });
    expect(found).toMatchObject({ line });
    expect(found?.reason).toContain(reason);
  });

  test('answers in a workflow, and a chatflow without any, are no faults', () => {
    const nodes = [startNode(), "{ id: a, data: { type: answer, answer: '' } }"];
    expect(error(workflowDsl(nodes, [], 'workflow'), { readWorkflow })).toBeNull();
    expect(error(workflowDsl(nodes.slice(0, 1), [], 'advanced-chat'), { readWorkflow })).toBeNull();
  });
});

test('packages are listed with the first node of the file that a run may come to', () => {
  const code = (id: string, text: string, language = 'python3') =>
    `{ id: ${id}, data: { type: code, code_language: ${language}, code: "${text}", variables: [], outputs: {} } }`;
  const source = `app: { mode: workflow }
workflow:
  graph:
    edges:
    - { source: start, target: late }
    - { source: late, target: early }
    - { source: late, target: script }
    - { source: cut, target: loose }
    nodes:
    - ${startNode()}
    - ${code('early', 'import numpy, json')}
    - ${code('late', 'import pandas\\nimport numpy')}
    - ${code('script', 'import leftpad', 'javascript')}
    - ${code('cut', 'import torch')}
    - ${code('loose', 'import scipy')}`;
  expect(workflow(source).packages).toEqual([
    { name: 'numpy', line: 11 },
    { name: 'pandas', line: 12 },
  ]);
});

test('what only a container has inside is listed too', () => {
  const source = `app: { mode: workflow }
workflow:
  graph:
    edges: [{ source: start, target: each }, { source: first, target: second }]
    nodes:
    - ${startNode()}
    - { id: each, data: { type: iteration, start_node_id: first, iterator_selector: [start, x], output_selector: [second, y] } }
    - { id: first, parentId: each, data: { type: iteration-start } }
    - { id: second, parentId: each, data: { type: code, code_language: python3, code: import yaml, variables: [], outputs: {} } }`;
  expect(workflow(source).packages).toEqual([{ name: 'yaml', line: 9 }]);
});

describe('what a graph does that its author may not know of is warned of', () => {
  const CHAIN = ['{ source: start, target: a }', '{ source: a, target: b }'];
  const source = (nodes: readonly string[]) => `app: { mode: workflow }
workflow:
  environment_variables: [{ name: KEY, value_type: secret }, { name: HOST, value_type: string, value: h }]
  graph:
    edges: [${CHAIN.slice(0, nodes.length)}]
    nodes:
    - ${startNode()}
${nodes.map((node) => `    - ${node}`).join('\n')}`;
  const warnings = (...nodes: readonly string[]) => {
    const found: DslProblem[] = [];
    const settings = { ...options.settings, env: { KEY: 'k' } };
    readApp(source(nodes), { ...options, settings, readWorkflow, onWarning: (one) => found.push(one) });
    return found;
  };
  const http = (id: string, more: string) =>
    `{ id: ${id}, data: { type: http-request, title: Ask, method: get, url: 'https://a', ${more} } }`;

  test('certificates that are checked all the same', () => {
    const found = warnings(http('a', 'ssl_verify: false'), http('b', 'ssl_verify: true'));
    expect(found).toEqual([
      { line: 8, reason: expect.stringMatching(/^node "Ask": ssl_verify: false has no effect/) },
    ]);
    const loose = http('loose', 'ssl_verify: false');
    expect(warnings(http('a', ''), http('b', ''), loose)).toEqual([]);
  });

  test('secrets that answers and ends say', () => {
    const answer = "{ id: a, data: { type: answer, answer: 'At {{#env.HOST#}} with {{#env.KEY#}}' } }";
    const end = '{ id: b, data: { type: end, outputs: [{ variable: x, value_selector: [env, KEY] }] } }';
    const template = `{ id: b, data: { type: template-transform, template: '{{ k }}', variables: [{ variable: k, value_selector: [env, KEY] }] } }`;
    expect(warnings(answer, end).map(({ line, reason }) => [line, reason.slice(0, 32)])).toEqual([
      [8, 'node a: says the secret KEY, whi'],
      [9, 'node b: says the secret KEY, whi'],
    ]);
    expect(warnings(http('a', "headers: 'X: {{#env.KEY#}}'"), template)).toEqual([]);
  });
});

describe('graphOf', () => {
  test('a graph that was read with its app is not read again', () => {
    const { graph } = workflow(workflowDsl([startNode()]));
    expect(graphOf({ graph })).toBe(graphOf({ graph }));
    expect([...graphOf({ graph }).nodes.keys()]).toEqual(['start']);
  });

  test('a graph that no reader has accepted is an error', () => {
    for (const graph of [undefined, null, 'x', {}, { nodes: [] }]) {
      expect(() => graphOf({ graph })).toThrow(ParleyError);
    }
  });
});

describe('hostile files', () => {
  test.each([
    ['brackets', (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`],
    ['mappings', (depth: number) => `${'{ a: '.repeat(depth)}1${' }'.repeat(depth)}`],
  ])('however deep %s are nested, an app is read or refused', (_, nested) => {
    for (const depth of [10, 300, 1_000, 3_000, 10_000, 100_000]) {
      const source = workflowDsl([
        startNode(),
        `{ id: a, data: { type: list-operator, x: ${nested(depth)} } }`,
      ]);
      expect(error(source, { readWorkflow })?.kind ?? 'read').toMatch(/read|invalid/);
    }
  });

  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    'names such as %s are only names',
    (name) => {
      const source = workflowDsl(
        [
          startNode(),
          `{ id: ${name}, data: { type: code, title: ${name}, code_language: python3, code: 'import ${name}', variables: [{ variable: ${name}, value_selector: [${name}, ${name}] }], outputs: {} } }`,
          `{ id: x, parentId: ${name}, data: { type: ${name} } }`,
        ],
        ['conversation_variables: []'],
      );
      expect(error(source, { readWorkflow })?.problems).toEqual([
        { line: 7, reason: `node x: Unknown node type '${name}'` },
      ]);
      expect(Object.getOwnPropertyNames(Object.prototype)).not.toContain('value');
    },
  );

  test('edges in circles, to nowhere, and from everywhere to everywhere', () => {
    const ids = Array.from({ length: 150 }, (_, at) => `n${at}`);
    const edges = ids.flatMap((source) => ids.map((target) => `{ source: ${source}, target: ${target} }`));
    const nodes = ids.map(
      (id) => `{ id: ${id}, data: { type: template-transform, template: '', variables: [] } }`,
    );
    const source = workflowDsl([startNode(), ...nodes]).replace('edges: []', `edges: [${edges.join(', ')}]`);
    expect(error(source, { readWorkflow })).toBeNull();
  });
});
