import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { checkApp } from './check-app.ts';

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
