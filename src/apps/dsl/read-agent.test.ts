import { describe, expect, test } from 'vitest';
import { app, dsl, problems } from '../../../test/support/apps/read-app.fixture.ts';
import type { AgentConfig } from '../app.ts';

/** What `agent_mode` with these lines is read as. */
function agent(lines: string, model = ''): AgentConfig {
  const text = `agent_mode:\n  enabled: true\n${indented(lines)}`;
  const read = app(model === '' ? text : `${text}\nmodel: ${model}`, 'agent-chat');
  if (read.config.agent === null) throw new Error('no agent');
  return read.config.agent;
}

const indented = (lines: string) =>
  lines
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');

const TOOL =
  '{ enabled: true, provider_type: builtin, provider_id: time, provider_name: time, tool_name: weekday, tool_label: Weekday, tool_parameters: { a: 1, b: null } }';

test('an agent without settings', () => {
  expect(app('{}'.slice(2), 'agent-chat').config.agent).toEqual({
    ...{ strategy: 'function_call', maxIterations: 10, prompt: null, tools: [] },
  });
});

test('a tool has its names, what its author set, and its line', () => {
  const { tools } = agent(`tools:\n- ${TOOL}\n- ${TOOL.replace('weekday', 'current_time')}`);
  expect(tools).toEqual([
    {
      ...{
        providerType: 'builtin',
        providerId: 'time',
        providerName: 'time',
        tool: 'weekday',
        label: 'Weekday',
      },
      ...{ values: { a: 1, b: null }, line: 8 },
    },
    expect.objectContaining({ tool: 'current_time', line: 9 }),
  ]);
});

describe('entries that are none', () => {
  test.each([
    TOOL.replace('enabled: true', 'enabled: false'),
    TOOL.replace('enabled: true, ', ''),
    '{ dataset: { enabled: true, id: x } }',
    '{ enabled: true, dataset: { enabled: true, id: x } }',
    '{ current_datetime: { enabled: true } }',
    'weekday',
    'null',
  ])('%s', (entry) => {
    expect(agent(`tools: [ ${entry}, ${TOOL} ]`).tools).toHaveLength(1);
  });

  test('tools: null', () => expect(agent('tools: null').tools).toEqual([]));
});

test('one name of the provider is enough, and a tool of no type is built in', () => {
  const { tools } = agent(
    'tools: [ { enabled: true, provider_name: time, tool_name: 5, tool_parameters: null } ]',
  );
  expect(tools).toMatchObject([
    { providerType: 'builtin', providerId: '', providerName: 'time', tool: '5', label: '', values: {} },
  ]);
});

test.each([
  ['tools: x', 7, 'model_config.agent_mode.tools: expected a list'],
  ['tools:\n- { enabled: true, provider_name: time }', 8, 'tool_name is required'],
  ['tools:\n- { enabled: true, tool_name: weekday }', 8, 'provider_id or provider_name is required'],
  [
    'tools:\n- { enabled: sure, provider_name: time, tool_name: x }',
    8,
    'model_config.agent_mode.tools[0].enabled: expected true or false',
  ],
  [
    'tools:\n- { enabled: true, provider_name: time, tool_name: x, tool_parameters: [] }',
    8,
    'model_config.agent_mode.tools[0].tool_parameters: expected a mapping',
  ],
  ['strategy: [react]', 7, 'model_config.agent_mode.strategy: expected a string'],
  ['max_iteration: many', 7, 'model_config.agent_mode.max_iteration: expected a whole number'],
  ['max_iteration: -1', 7, 'model_config.agent_mode.max_iteration: expected a whole number'],
])('%j is a problem of line %d', (lines, line, reason) => {
  const source = dsl(`agent_mode:\n  enabled: true\n${indented(lines)}`, 'agent-chat');
  expect(problems(source)).toEqual([{ line, reason }]);
});

test.each([
  ['max_iteration: 3', 3],
  ['max_iteration: "7"', 7],
  ['max_iteration: 0', 1],
  ['max_iteration: 500', 99],
  ['max_iteration: null', 10],
])('%s gives %d rounds', (line, rounds) => {
  expect(agent(line).maxIterations).toBe(rounds);
});

describe('the strategy', () => {
  const openai = '{ provider: langgenius/openai/openai, name: gpt-4o, mode: chat }';
  const other = '{ provider: langgenius/tongyi/tongyi, name: qwen, mode: chat }';
  test.each([
    ['function_call', other, 'function_call'],
    ['react', openai, 'react'],
    ['cot', openai, 'react'],
    ['router', openai, 'function_call'],
    ['react_router', '{ provider: openai, name: gpt-4o }', 'function_call'],
    ['router', other, 'react'],
    ['""', other, 'function_call'],
    ['null', other, 'function_call'],
  ])('%s with %s is %s', (name, model, strategy) => {
    expect(agent(`strategy: ${name}`, model).strategy).toBe(strategy);
  });

  test('a model that continues a text can be given no functions', () => {
    const completion = '{ provider: openai, name: gpt-3.5-turbo-instruct, mode: completion }';
    expect(agent('strategy: function_call', completion).strategy).toBe('react');
  });
});

test.each([
  ['prompt: null', null],
  ['prompt: { first_prompt: "", next_iteration: x }', null],
  ['prompt: { first_prompt: " \\n" }', null],
  ['prompt: { first_prompt: " Do {{instruction}}" }', ' Do {{instruction}}'],
])('%s', (line, prompt) => {
  expect(agent(line).prompt).toBe(prompt);
});
