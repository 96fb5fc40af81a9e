import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { startNode, workflowDsl } from '../../test/support/apps/workflow.fixture.ts';
import { DEFAULT_APP_SETTINGS } from '../config/default-app-settings.ts';
import { checkApp } from './check-app.ts';
import type { WorkflowReader } from './workflow-reader.ts';

test('a good file: what it needs', () => {
  const file = 'examples/translator.yml';
  const source = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
  expect(checkApp(source, file)).toMatchObject({
    file,
    problems: [],
    warnings: [],
    needs: {
      mode: 'completion',
      models: ['openai/gpt-4o-mini'],
      requiredInputs: ['text'],
      files: [],
      moderation: null,
      tools: [],
      datasets: [],
      packages: [],
      environment: [],
      speechToText: false,
      textToSpeech: false,
    },
  });
});

test('warnings stand beside needs', () => {
  const source = `app: { mode: chat }
model_config:
  model: { provider: p, name: m }
  annotation_reply: { enabled: true }
  file_upload: { enabled: true }
  sensitive_word_avoidance: { enabled: true, type: openai_moderation, config: { inputs_config: { enabled: true, preset_response: No. } } }`;
  expect(checkApp(source, 'x.yml')).toMatchObject({
    problems: [],
    warnings: ['x.yml:4: annotation replies are not served yet; the app runs without'],
    needs: { files: ['any'], moderation: 'openai_moderation' },
  });
});

test('a bad file: every problem and no needs', () => {
  expect(checkApp('app: { mode: chat }\nmodel_config:\n  model: {}', 'x.yml')).toEqual({
    file: 'x.yml',
    problems: [
      { line: 3, reason: 'model_config.model.provider is required' },
      { line: 3, reason: 'model_config.model.name is required' },
    ],
    warnings: [],
    needs: null,
    app: null,
  });
});

test('a workflow: what its nodes need, by the reader of its graph', () => {
  const source = workflowDsl(
    [startNode('{ variable: paper, type: file-list, required: true, allowed_file_types: [document] }')],
    [
      'features: { file_upload: { enabled: true, allowed_file_types: [image, document] } }',
      'environment_variables:',
      "- { name: TOKEN, value_type: secret, value: '' }",
    ],
  );
  const tool = { providerType: 'builtin', providerId: 'p', providerName: '', tool: 't', label: '' };
  const readWorkflow: WorkflowReader = () => ({
    problems: [],
    needs: [
      { nodeId: 'start', kind: 'model', provider: 'p', name: 'm', mode: 'chat' },
      { nodeId: 'start', kind: 'model', provider: 'p', name: 'm', mode: 'completion' },
      { nodeId: 'start', kind: 'tool', tool },
      { nodeId: 'start', kind: 'tool', tool },
      { nodeId: 'start', kind: 'dataset', id: 'd' },
      { nodeId: 'start', kind: 'package', name: 'numpy' },
    ],
  });
  expect(checkApp(source, 'folder/w.yml', { readWorkflow })).toMatchObject({
    app: { id: 'w' },
    warnings: [expect.stringMatching(/^folder\/w\.yml:9: the secret TOKEN has no value/)],
    needs: {
      mode: 'workflow',
      models: ['p/m'],
      requiredInputs: ['paper'],
      files: ['image', 'document'],
      tools: ['p/t'],
      datasets: ['d'],
      packages: ['numpy'],
      environment: [{ name: 'TOKEN', secret: true }],
    },
  });
  const settings = { ...DEFAULT_APP_SETTINGS, env: { TOKEN: 'hidden' } };
  const set = checkApp(source, 'w.yml', { readWorkflow, settings });
  expect(set.warnings).toEqual([]);
  expect(JSON.stringify([set.needs, set.warnings])).not.toContain('hidden');
});

test('a workflow is no app where nothing reads its graph', () => {
  expect(checkApp(workflowDsl([startNode()]), 'w.yml').problems).toEqual([
    { line: 1, reason: 'workflows (mode workflow) are not served by Parley yet' },
  ]);
});
