import { expect, test } from 'vitest';
import { readApp } from '../../apps/dsl/read-app.ts';
import { DEFAULT_APP_SETTINGS } from '../../config/default-app-settings.ts';
import { DEFAULT_LIMITS } from '../../config/default-limits.ts';
import { appParameters } from './parameters.ts';

const parameters = (features: string) =>
  appParameters(
    readApp(`app: { mode: chat }\nmodel_config: { model: { provider: p, name: m }, ${features} }`, {
      id: 'a',
      file: 'a.yml',
      settings: DEFAULT_APP_SETTINGS,
    }),
    { ...DEFAULT_LIMITS, audioBytes: 1_500_000 },
  );

test('what is not stored has the default', () => {
  expect(parameters('')).toEqual({
    opening_statement: '',
    suggested_questions: [],
    suggested_questions_after_answer: { enabled: false },
    speech_to_text: { enabled: false },
    text_to_speech: { enabled: false, voice: '', language: '', autoPlay: 'disabled' },
    retriever_resource: { enabled: true },
    annotation_reply: { enabled: false },
    more_like_this: { enabled: false },
    user_input_form: [],
    sensitive_word_avoidance: { enabled: false, type: '', configs: [] },
    file_upload: {
      image: {
        enabled: false,
        number_limits: 3,
        detail: 'high',
        transfer_methods: ['remote_url', 'local_file'],
      },
    },
    system_parameters: {
      image_file_size_limit: 10,
      video_file_size_limit: 100,
      audio_file_size_limit: 2,
      file_size_limit: 15,
      workflow_file_upload_limit: 10,
    },
  });
});

test('what is stored passes through, with keys that Parley does not know', () => {
  const form = '[{ text-input: { variable: v, label: L, hide: false, default: "" } }]';
  expect(
    parameters(`user_input_form: ${form}, text_to_speech: { enabled: false, x: 1 }, opening_statement: null`),
  ).toMatchObject({
    user_input_form: [{ 'text-input': { variable: 'v', label: 'L', hide: false, default: '' } }],
    text_to_speech: { enabled: false, x: 1 },
    opening_statement: '',
  });
});
