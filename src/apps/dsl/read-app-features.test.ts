import { describe, expect, test } from 'vitest';
import { app, dsl, problems } from '../../../test/support/apps/read-app.fixture.ts';
import type { DslProblem } from './dsl-error.ts';

function warnings(modelConfig: string): readonly DslProblem[] {
  const found: DslProblem[] = [];
  app(modelConfig, 'chat', { onWarning: (warning) => found.push(warning) });
  return found;
}

describe('input form', () => {
  test('all types', () => {
    const { inputForm } = app(`user_input_form:
- text-input: { label: L, variable: v1, required: true, max_length: 48, default: '' }
- paragraph: { label: L, variable: 名字, max_length: '' }
- select: { label: L, variable: v3, options: [a, 08, 1, yes], default: a }
- number: { label: L, variable: v4, default: 3 }
- checkbox: { variable: v5, default: true }
- external_data_tool: { variable: v6, type: api, config: {} }`).config;
    expect(inputForm).toEqual([
      {
        type: 'text-input',
        variable: 'v1',
        label: 'L',
        required: true,
        maxLength: 48,
        options: [],
        default: null,
        files: null,
      },
      {
        type: 'paragraph',
        variable: '名字',
        label: 'L',
        required: false,
        maxLength: null,
        options: [],
        default: null,
        files: null,
      },
      {
        type: 'select',
        variable: 'v3',
        label: 'L',
        required: false,
        maxLength: null,
        options: ['a', '08', '1', 'true'],
        default: 'a',
        files: null,
      },
      {
        type: 'number',
        variable: 'v4',
        label: 'L',
        required: false,
        maxLength: null,
        options: [],
        default: 3,
        files: null,
      },
      {
        type: 'checkbox',
        variable: 'v5',
        label: 'v5',
        required: false,
        maxLength: null,
        options: [],
        default: true,
        files: null,
      },
    ]);
  });

  test('several problems are found at once, each with its line', () => {
    const source = dsl(`user_input_form:
- file: { variable: f }
- select: { variable: s, options: [] }
- select:
    variable: t
    options: [a]
    default: b
- text-input: { variable: 1x }
- text-input: { variable: constructor }
- text-input: { variable: t }
- text-input: { variable: u, required: perhaps }
- text-input: {}
- {}
- 7`);
    expect(problems(source).map(({ line }) => line)).toEqual([6, 7, 11, 12, 13, 14, 15, 16, 17, 18, 18]);
  });
});

describe('file upload', () => {
  test('new form', () => {
    const text = `file_upload:
  enabled: true
  allowed_file_types: [image, custom]
  allowed_file_extensions: [.JPG, PdF]
  allowed_file_upload_methods: [local_file, tool_file]
  number_limits: 5
  image: { enabled: false, detail: low }`;
    expect(app(text).config.fileUpload).toEqual({
      enabled: true,
      allowedTypes: ['image', 'custom'],
      allowedExtensions: ['jpg', 'pdf'],
      allowedMethods: ['local_file'],
      maxCount: 5,
      imageDetail: 'low',
    });
  });

  test('legacy form', () => {
    const text =
      'file_upload: { image: { enabled: true, number_limits: 2, transfer_methods: [remote_url] } }';
    expect(app(text).config.fileUpload).toEqual({
      enabled: true,
      allowedTypes: ['image'],
      allowedExtensions: [],
      allowedMethods: ['remote_url'],
      maxCount: 2,
      imageDetail: 'high',
    });
  });

  test('off in the new form is off', () => {
    expect(app('file_upload: { enabled: false, image: { enabled: true } }').config.fileUpload.enabled).toBe(
      false,
    );
  });
});

test('features', () => {
  const { config } = app(`opening_statement: Hi
suggested_questions: [a, b]
suggested_questions_after_answer: { enabled: true }
speech_to_text: { enabled: true }
text_to_speech: { enabled: true, voice: alloy, language: en, autoPlay: enabled }
retriever_resource: { enabled: false }
more_like_this: { enabled: yes }
annotation_reply: null
own_key: 1`);
  expect(config).toMatchObject({
    openingStatement: 'Hi',
    suggestedQuestions: ['a', 'b'],
    suggestedQuestionsAfterAnswer: true,
    speechToText: true,
    textToSpeech: { enabled: true, voice: 'alloy', language: 'en', autoPlay: true },
  });
  expect(Object.keys(config.stored).sort()).toEqual([
    'more_like_this',
    'opening_statement',
    'retriever_resource',
    'speech_to_text',
    'suggested_questions',
    'suggested_questions_after_answer',
    'text_to_speech',
  ]);
});

describe('moderation', () => {
  const moderation = (type: string, config: string) =>
    `sensitive_word_avoidance:\n  enabled: true\n  type: ${type}\n  config: ${config}`;

  test('keywords', () => {
    const config =
      '{ keywords: "bad\\n\\n worse ", inputs_config: { enabled: true, preset_response: No. }, outputs_config: { enabled: false } }';
    expect(app(moderation('keywords', config)).config.moderation).toEqual({
      source: { kind: 'keywords', keywords: ['bad', 'worse'] },
      input: { presetResponse: 'No.' },
      output: null,
    });
  });

  test('an API extension is found in the configuration or in the file, and its key stays inside', () => {
    const outputs = 'outputs_config: { enabled: true }';
    const apiExtensions = { e1: { endpoint: 'http://mod', apiKey: 'k' } };
    const known = app(moderation('api', `{ api_based_extension_id: e1, ${outputs} }`), 'chat', {
      apiExtensions,
    });
    expect(known.config.moderation).toEqual({
      source: { kind: 'api', endpoint: 'http://mod', apiKey: 'k' },
      input: null,
      output: { presetResponse: '' },
    });
    const inline = app(moderation('api', `{ endpoint: http://mod, api_key: secret, ${outputs} }`));
    expect(inline.config.moderation?.source).toEqual({
      kind: 'api',
      endpoint: 'http://mod',
      apiKey: 'secret',
    });
    expect(JSON.stringify(inline.config.stored)).not.toContain('secret');
    expect(
      problems(dsl(moderation('api', `{ api_based_extension_id: constructor, ${outputs} }`))),
    ).toMatchObject([{ line: 8 }]);
  });

  test.each([
    ['none', '{ inputs_config: { enabled: true, preset_response: x } }', 7],
    ['keywords', '{ keywords: x }', 8],
    ['keywords', '{ inputs_config: { enabled: true, preset_response: x } }', 8],
    ['keywords', '{ keywords: x, inputs_config: { enabled: true } }', 8],
    ['openai_moderation', `{ inputs_config: { enabled: true, preset_response: ${'x'.repeat(101)} } }`, 8],
    [
      'keywords',
      `{ keywords: "${'x\\n'.repeat(101)}", inputs_config: { enabled: true, preset_response: x } }`,
      8,
    ],
  ])('what is on and cannot work is a problem: %s %s', (type, config, line) => {
    expect(problems(dsl(moderation(type, config)))).toMatchObject([{ line }]);
  });

  test('off is not looked at', () => {
    expect(
      app('sensitive_word_avoidance: { enabled: false, type: "", configs: [] }').config.moderation,
    ).toBeNull();
  });
});

test('parts that are not served yet are warnings, and only when they are on', () => {
  expect(
    warnings(`annotation_reply: { enabled: true }
external_data_tools:
- { enabled: true, variable: weather, type: api, config: {} }
- { enabled: false, variable: other }
dataset_configs: { datasets: { datasets: [{ dataset: { enabled: true, id: x } }] } }
agent_mode: { enabled: true, strategy: router, tools: [{ dataset: { enabled: true, id: x } }] }
user_input_form:
- external_data_tool: { variable: v, type: api, config: {} }`).map(({ line }) => line),
  ).toEqual([12, 7, 5, 9, 10]);
  expect(
    warnings('annotation_reply: { enabled: false }\ndataset_configs: { datasets: { datasets: [] } }'),
  ).toEqual([]);
});
