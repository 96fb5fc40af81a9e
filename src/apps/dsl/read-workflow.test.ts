import { describe, expect, test } from 'vitest';
import { error, options } from '../../../test/support/apps/read-app.fixture.ts';
import { startNode, workflowDsl } from '../../../test/support/apps/workflow.fixture.ts';
import { DEFAULT_APP_SETTINGS } from '../../config/default-app-settings.ts';
import type { App } from '../app.ts';
import type { WorkflowReader } from '../workflow-reader.ts';
import type { DslProblem } from './dsl-error.ts';
import { type ReadAppOptions, readApp } from './read-app.ts';

const nothing: WorkflowReader = () => ({ problems: [], needs: [] });

function read(source: string, extra: Partial<ReadAppOptions> = {}): App {
  return readApp(source, { ...options, readWorkflow: nothing, ...extra });
}

function problems(source: string, readWorkflow = nothing): readonly DslProblem[] {
  return error(source, { readWorkflow })?.problems ?? [];
}

function warnings(
  source: string,
  env: Readonly<Record<string, string | number>> = {},
): readonly DslProblem[] {
  const found: DslProblem[] = [];
  const settings = { ...DEFAULT_APP_SETTINGS, env };
  read(source, { settings, onWarning: (warning) => found.push(warning) });
  return found;
}

test('a minimal workflow has every default', () => {
  const { mode, config } = read('app: { mode: workflow }\nworkflow: { graph: { nodes: [], edges: [] } }');
  expect(mode).toBe('workflow');
  expect(config).toEqual({
    model: { provider: '', name: '', mode: 'chat', completionParams: {}, stop: [] },
    prompt: { kind: 'simple', prePrompt: '' },
    inputForm: [],
    fileUpload: expect.objectContaining({ enabled: false, maxCount: 3 }),
    openingStatement: '',
    suggestedQuestions: [],
    suggestedQuestionsAfterAnswer: false,
    speechToText: false,
    textToSpeech: { enabled: false, voice: '', language: '', autoPlay: false },
    moderation: null,
    agent: null,
    workflow: {
      graph: { nodes: [], edges: [] },
      environment: [],
      conversationVariables: [],
      models: [],
      tools: [],
      datasets: [],
      packages: [],
    },
    stored: { retriever_resource: { enabled: false }, user_input_form: [] },
  });
});

describe('envelope', () => {
  test.each(['workflow', 'advanced-chat'])('%s needs an engine, and a workflow', (mode) => {
    const source = `app: { mode: ${mode} }`;
    expect(error(source)?.kind).toBe('unsupported');
    expect(problems(source)).toEqual([
      { line: 1, reason: 'Missing workflow data for workflow/advanced chat app' },
    ]);
    expect(problems(`${source}\nworkflow: 3`)).toEqual([{ line: 2, reason: 'workflow: expected a mapping' }]);
  });

  test.each(["'0.1.0'", "'0.1.5'", "'0.2.0'", "'0.3.1'", "'0.4.0'", "'0.5.0'", "'0.6.0'", null])(
    'version %s',
    (version) => {
      const source = `${version === null ? '' : `version: ${version}\nkind: app\n`}app: { mode: advanced-chat }
workflow: { graph: { nodes: [] }, features: {}, conversation_variables: null, environment_variables: [], rag_pipeline_variables: [] }`;
      expect(read(source).mode).toBe('advanced-chat');
      expect(warnings(source)).toEqual([]);
    },
  );

  test('the reader gets the graph as it stands, and the mode', () => {
    const seen: unknown[] = [];
    const app = read(
      'app: { mode: advanced-chat }\nworkflow: { graph: { nodes: [{ id: 1 }], viewport: { x: 0 } } }',
      {
        readWorkflow(...given) {
          seen.push(given);
          return { problems: [], needs: [] };
        },
      },
    );
    expect(seen).toEqual([[{ nodes: [{ id: 1 }], viewport: { x: 0 } }, 'advanced-chat']]);
    expect((seen as [[unknown]])[0][0]).toBe(app.config.workflow?.graph);
    expect(Object.isFrozen(app.config.workflow?.graph)).toBe(true);
  });

  test('a workflow without a graph is for its reader to refuse, at its line', () => {
    const refuse: WorkflowReader = (graph) => ({
      problems: [{ nodeId: null, message: `no graph: ${graph}.` }],
      needs: [],
    });
    expect(problems('app: { mode: workflow }\nworkflow:\n  features: {}', refuse)).toEqual([
      { line: 2, reason: 'no graph: undefined' },
    ]);
  });
});

describe('problems of the graph', () => {
  const nodes = [
    startNode(),
    '{ id: 17, data: { type: llm, title: Think } }',
    '{ id: x, type: custom-note }',
  ];

  test('stand at the lines of their nodes, which are called by their titles', () => {
    const reader: WorkflowReader = () => ({
      problems: [
        { nodeId: 'x', message: 'is wrong.' },
        { nodeId: '17', message: '✖ Invalid input: expected string\n  → at model.name' },
        { nodeId: 'made', message: 'made by the reader' },
      ],
      needs: [],
    });
    expect(problems(workflowDsl(nodes), reader)).toEqual([
      { line: 4, reason: 'node made: made by the reader' },
      { line: 6, reason: 'node "Think": Invalid input: expected string → at model.name' },
      { line: 7, reason: 'node x: is wrong' },
    ]);
  });

  test('many of them are cut off', () => {
    const reader: WorkflowReader = () => ({
      problems: Array.from({ length: 50_000 }, () => ({ nodeId: '17', message: 'wrong' })),
      needs: [],
    });
    const found = problems(workflowDsl(nodes), reader);
    expect(found).toHaveLength(101);
    expect(found[0]?.reason).toBe('the graph has 49900 more problems');
  });
});

test('needs get the lines of their nodes; what is needed twice stands where it is needed first', () => {
  const tool = { providerType: 'builtin', providerId: 'time', providerName: 'time', tool: 'now', label: '' };
  const readWorkflow: WorkflowReader = () => ({
    problems: [],
    needs: [
      { nodeId: 'b', kind: 'model', provider: 'p', name: 'm', mode: 'completion' },
      { nodeId: 'c', kind: 'model', provider: 'p', name: 'm', mode: 'completion' },
      { nodeId: 'c', kind: 'model', provider: 'p', name: 'n', mode: 'chat' },
      { nodeId: 'b', kind: 'tool', tool },
      { nodeId: 'c', kind: 'tool', tool },
      { nodeId: 'c', kind: 'dataset', id: 'd1' },
      { nodeId: 'c', kind: 'package', name: 'numpy' },
      { nodeId: 'b', kind: 'package', name: 'numpy' },
    ],
  });
  const { config } = read(workflowDsl([startNode(), '{ id: b }', '{ id: c }']), { readWorkflow });
  expect(config.model).toMatchObject({ provider: 'p', name: 'm', mode: 'completion' });
  expect(config.workflow).toMatchObject({
    models: [
      { provider: 'p', name: 'm', mode: 'completion', line: 6 },
      { provider: 'p', name: 'n', mode: 'chat', line: 7 },
    ],
    tools: [
      { ...tool, values: {}, line: 6 },
      { ...tool, values: {}, line: 7 },
    ],
    datasets: [{ id: 'd1', line: 7 }],
    packages: [{ name: 'numpy', line: 7 }],
  });
});

describe('features', () => {
  const of = (features: string) =>
    read(`app: { mode: advanced-chat }\nworkflow: { graph: {}, features: ${features} }`).config;

  test('are read and stored as those of other apps', () => {
    const config = of(
      '{ opening_statement: Hi, suggested_questions: [a], retriever_resource: { enabled: true }, ' +
        'file_upload: { enabled: true, allowed_file_types: [document], allowed_file_extensions: [], ' +
        'allowed_file_upload_methods: [local_file], number_limits: 5, fileUploadConfig: { file_size_limit: 15 } } }',
    );
    expect(config).toMatchObject({
      openingStatement: 'Hi',
      suggestedQuestions: ['a'],
      fileUpload: { enabled: true, allowedTypes: ['document'], allowedMethods: ['local_file'], maxCount: 5 },
      stored: {
        opening_statement: 'Hi',
        retriever_resource: { enabled: true },
        file_upload: { fileUploadConfig: { file_size_limit: 15 } },
      },
    });
  });

  test('in their legacy form, and with nothing in them', () => {
    const legacy = of(
      '{ file_upload: { image: { enabled: true, number_limits: 2, transfer_methods: [remote_url] } } }',
    );
    expect(legacy.fileUpload).toMatchObject({ enabled: true, allowedTypes: ['image'], maxCount: 2 });
    expect(of('null').stored).toEqual({ retriever_resource: { enabled: false }, user_input_form: [] });
    expect(of('{ retriever_resource: null }').stored).toMatchObject({
      retriever_resource: { enabled: false },
    });
  });

  test('that are wrong have lines, and what is not served is told', () => {
    expect(problems('app: { mode: workflow }\nworkflow:\n  features:\n    speech_to_text: 3')).toEqual([
      { line: 4, reason: 'workflow.features.speech_to_text: expected a mapping' },
    ]);
    const source = workflowDsl(
      [startNode('{ variable: v, type: external_data_tool, config: {} }')],
      ['features: { annotation_reply: { enabled: true } }'],
    );
    expect(warnings(source)).toEqual([
      { line: 5, reason: 'the external data tool for v is not served yet; the app runs without' },
      { line: 7, reason: 'annotation replies are not served yet; the app runs without' },
    ]);
  });
});
