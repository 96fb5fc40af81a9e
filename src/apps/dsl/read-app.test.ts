import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { app, dsl, error, options, problems } from '../../../test/support/apps/read-app.fixture.ts';
import { DEFAULT_APP_SETTINGS } from '../../config/default-app-settings.ts';
import type { DslProblem } from './dsl-error.ts';
import { readApp } from './read-app.ts';

test('a minimal app has every default', () => {
  const source = 'app: { mode: chat }\nmodel_config: { model: { provider: p, name: m } }';
  const { version, definition, ...read } = readApp(source, options);
  expect(definition).toBe(source);
  expect(version).toMatch(/^[0-9a-f]{64}$/);
  expect(read).toEqual({
    id: 'a',
    mode: 'chat',
    name: 'a',
    description: '',
    icon: { type: 'emoji', value: '🤖', background: '#FFFFFF' },
    useIconAsAnswerIcon: false,
    tags: [],
    settings: DEFAULT_APP_SETTINGS,
    config: {
      model: { provider: 'p', name: 'm', mode: 'chat', completionParams: {}, stop: [] },
      prompt: { kind: 'simple', prePrompt: '' },
      inputForm: [],
      fileUpload: {
        enabled: false,
        allowedTypes: ['image'],
        allowedExtensions: [],
        allowedMethods: ['remote_url', 'local_file'],
        maxCount: 3,
        imageDetail: 'high',
      },
      openingStatement: '',
      suggestedQuestions: [],
      suggestedQuestionsAfterAnswer: false,
      speechToText: false,
      textToSpeech: { enabled: false, voice: '', language: '', autoPlay: false },
      moderation: null,
      agent: null,
      workflow: null,
      stored: {},
    },
  });
});

test.each(['agent', 'assistant', 'translator'])('the example %s is read without a warning', (id) => {
  const source = readFileSync(new URL(`../../../examples/${id}.yml`, import.meta.url), 'utf8');
  const found: DslProblem[] = [];
  const example = readApp(source, { ...options, id, onWarning: (warning) => found.push(warning) });
  expect(found).toEqual([]);
  expect(example.config.model).toMatchObject({ provider: 'openai', name: 'gpt-4o-mini', stop: [] });
  const declared = example.config.inputForm.map(({ variable }) => variable);
  const prompt = example.config.prompt.kind === 'simple' ? example.config.prompt.prePrompt : '';
  const used = `${example.config.openingStatement}${prompt}`.matchAll(/\{\{(\w+)\}\}/g);
  expect(new Set(Array.from(used, ([, name]) => name))).toEqual(new Set(declared));
});

describe('envelope', () => {
  const body = '\nmodel_config: { model: { provider: p, name: m } }';
  test.each([
    ['[]', 1, 'Invalid YAML format: expected a mapping'],
    ['', 1, 'Invalid YAML format: expected a mapping'],
    ['kind: app', 1, 'Missing app data in YAML content'],
    [
      `version: 0.3\napp: { mode: chat }${body}`,
      1,
      "Invalid version type: expected a string such as '0.3.0'",
    ],
    [`app: { mode: chat }${body}\nversion: abc`, 3, 'version: "abc" is not a version'],
    [`app: { name: x }${body}`, 1, 'loss app mode: app.mode is required'],
    [`app:\n  mode: chatty${body}`, 2, 'app.mode: expected one of chat, agent-chat, completion'],
    ['app: { mode: chat }', 1, 'Missing model_config for chat/agent-chat/completion app'],
    ['app: { mode: chat }\nmodel_config: 3', 2, 'model_config: expected a mapping'],
    ['a: 1\nb: [', 2, 'Flow sequence'],
    ['a: 1\n__proto__: { mode: x }', 2, 'the key "__proto__" is not allowed'],
    ['a: { constructor: 1 }', 1, 'the key "constructor" is not allowed'],
    ['a: !!python/object:os.system x', 1, 'Unresolved tag'],
  ])('%j', (source, line, reason) => {
    const found = error(source);
    expect(found).toMatchObject({ kind: 'invalid', file: 'a.yml', line });
    expect(found?.reason).toContain(reason);
  });

  test('another kind and an absent version are no problem, a newer version is a warning', () => {
    const found: DslProblem[] = [];
    readApp(`kind: other\napp: { mode: chat }${body}\nversion: 0.7.0`, {
      ...options,
      onWarning: (warning) => found.push(warning),
    });
    expect(found).toMatchObject([{ line: 4 }]);
  });

  test.each(['agent', 'advanced-chat', 'workflow', 'rag-pipeline'])('mode %s is not served yet', (mode) => {
    const found = error(`app:\n  mode: ${mode}`);
    expect(found).toMatchObject({ kind: 'unsupported', line: 2 });
    expect(found?.reason).toContain(`(mode ${mode}) are not served by Parley yet`);
  });

  test.each([
    ['{ enabled: true, strategy: react }', 'agent-chat'],
    ['{ enabled: true, strategy: function_call }', 'agent-chat'],
    ['{ enabled: true, strategy: router }', 'chat'],
    ['{ enabled: false, strategy: react }', 'chat'],
    ['{ enabled: true }', 'chat'],
    ['null', 'chat'],
  ])('a chat app with agent_mode %s is of mode %s', (agent, mode) => {
    const read = app(`agent_mode: ${agent}`);
    expect(read.mode).toBe(mode);
    expect(read.config.agent !== null).toBe(mode === 'agent-chat');
  });

  test('size, depth and alias bombs are refused', () => {
    expect(error(`a: ${'x'.repeat(10 * 1024 ** 2)}`)?.reason).toContain('larger than');
    expect(error('{a: '.repeat(50_000))?.kind).toBe('invalid');
    const level = (name: string, of: string) => `${name}: &${name} [${Array(10).fill(of).join(',')}]`;
    const bomb = ['x', ...'abcdefghi'].map((name, i, all) => level(name, i === 0 ? '1' : `*${all[i - 1]}`));
    expect(error(bomb.join('\n'))?.reason).toMatch(/alias/i);
    expect(Object.hasOwn({}, 'mode')).toBe(false);
  });

  test('a version takes no longer to look at than it is long', () => {
    // Of each of these, a pattern that goes back would look at every way to cut it.
    for (const version of [`0.${'1'.repeat(5000)}!`, `0.1${'.a'.repeat(5000)}!`, `1${'a'.repeat(5000)}!`]) {
      const problem = error(`version: "${version}"\napp: { mode: chat }`);
      expect(problem?.reason).toMatch(/is not a version|^version: /);
    }
    for (const version of ['0.1.5', 'v1.0.0', '0.6.0-beta.1', '1.0rc1', '0.3'])
      expect(readApp(`version: '${version}'\n${model('{ provider: p, name: m }')}`, options).mode).toBe(
        'chat',
      );
  });

  test('aliases are bounded all together, as each has to be looked for', () => {
    const many = Array.from({ length: 101 }, (_, at) => `&a${at} x, *a${at}`).join(', ');
    expect(error(`app: { mode: chat, tags: [${many}] }`)?.reason).toBe(
      'the document has more than 100 aliases',
    );
  });

  test('NUL stays nowhere; the letters that stand for it in code do', () => {
    const read = readApp(
      `app: { mode: chat, name: "a\\0b" }\nmodel_config:\n  model: { provider: p, name: m }\n  pre_prompt: '\\0'`,
      options,
    );
    expect(read.name).toBe('ab');
    expect(read.config.prompt).toMatchObject({ prePrompt: '\\0' });
  });
});

const model = (text: string) => `app: { mode: chat }\nmodel_config:\n  model: ${text}`;

describe('model', () => {
  test('stop words leave completion_params', () => {
    const read = (params: string) =>
      readApp(model(`{ provider: p, name: m, ${params} }`), options).config.model;
    expect(read('completion_params: { stop: [a, 1], top_p: 1 }')).toMatchObject({
      completionParams: { top_p: 1 },
      stop: ['a', '1'],
    });
    expect(read('stop: [b]').stop).toEqual(['b']);
    expect(read('mode: completion').mode).toBe('completion');
  });

  test.each([
    ['{ name: m }', 'model_config.model.provider is required'],
    ['{ provider: p }', 'model_config.model.name is required'],
    ['{ provider: p, name: m, stop: [a, b, c, d, e] }', 'model.stop has more than 4 entries'],
    ['{ provider: p, name: m, mode: video }', 'model_config.model.mode: expected one of chat, completion'],
    ['', 'model_config.model is required'],
  ])('%j', (text, reason) => {
    expect(problems(model(text)).map((problem) => problem.reason)).toEqual([reason]);
  });
});

describe('prompt', () => {
  test('advanced chat', () => {
    const text =
      'prompt_type: advanced\nchat_prompt_config: { prompt: [{ role: system, text: S }, { role: user, text: U }] }';
    expect(app(text).config.prompt).toEqual({
      kind: 'advanced-chat',
      messages: [
        { role: 'system', text: 'S' },
        { role: 'user', text: 'U' },
      ],
    });
  });

  test('advanced completion has role prefixes', () => {
    const source = `app: { mode: chat }
model_config:
  model: { provider: p, name: m, mode: completion }
  prompt_type: advanced
  completion_prompt_config: { prompt: { text: T }, conversation_histories_role: { user_prefix: Q, assistant_prefix: '' } }`;
    expect(readApp(source, options).config.prompt).toEqual({
      kind: 'advanced-completion',
      text: 'T',
      userPrefix: 'Q',
      assistantPrefix: 'Assistant',
    });
  });

  test('an advanced prompt must be there, in measure', () => {
    expect(problems(dsl('prompt_type: advanced\nchat_prompt_config: {}'))).toEqual([
      { line: 6, reason: 'chat_prompt_config.prompt is required when prompt_type is advanced' },
    ]);
    const many = Array(11).fill('{ role: user, text: x }').join(', ');
    expect(problems(dsl(`prompt_type: advanced\nchat_prompt_config:\n  prompt: [${many}]`))).toMatchObject([
      { line: 7 },
    ]);
    expect(
      problems(dsl('prompt_type: advanced\nchat_prompt_config:\n  prompt:\n  - { role: tool, text: x }')),
    ).toMatchObject([{ line: 8 }]);
  });
});

test('values of a wrong type are named with their path and line', () => {
  expect(
    problems(
      dsl(
        'opening_statement: [a]\nretriever_resource: on\nsuggested_questions: x\ntext_to_speech:\n  voice: {}',
      ),
    ),
  ).toEqual([
    { line: 5, reason: 'model_config.opening_statement: expected a string' },
    { line: 6, reason: 'model_config.retriever_resource: expected a mapping' },
    { line: 7, reason: 'model_config.suggested_questions: expected a list' },
    { line: 9, reason: 'model_config.text_to_speech.voice: expected a string' },
  ]);
});

test('an app is frozen, and its version follows its text', () => {
  const one = app('opening_statement: a');
  expect(Object.isFrozen(one.config.inputForm)).toBe(true);
  expect(Object.isFrozen(one.config.stored)).toBe(true);
  expect(app('opening_statement: a').version).toBe(one.version);
  expect(app('opening_statement: b').version).not.toBe(one.version);
});
