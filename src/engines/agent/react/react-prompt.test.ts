import { expect, test } from 'vitest';
import type { Thought, ToolUse } from '../../../runs/thought.ts';
import { reactPrompt, scratchpad } from './react-prompt.ts';

const tools = [
  { name: 'lookup', description: 'Looks $& up', parameters: { type: 'object', properties: {} } },
  { name: 'draw', description: 'Draws', parameters: { type: 'object' } },
];
const use = (given: Partial<ToolUse>): ToolUse => ({
  ...{
    id: 'c',
    provider: 'p',
    name: 'lookup',
    label: {},
    arguments: '{"q":"x"}',
    output: 'found',
    executedBy: 'server',
  },
  ...given,
});
const thought = (text: string, ...uses: readonly ToolUse[]): Thought => {
  return { id: 't', position: 1, text, uses, files: [], createdAt: 1 };
};

test('the own prompt names the tools and the form of an action, below the instruction', () => {
  const { frame, text } = reactPrompt(null, tools);
  const prompt = frame('Be exact.');
  expect(prompt.startsWith('Be exact.\n')).toBe(true);
  expect(prompt).toContain(JSON.stringify(tools));
  expect(prompt).toContain('lookup, draw');
  expect(prompt).toContain('"Final Answer"');
  expect(prompt).not.toMatch(/\{\{\w/);
  expect(frame('')).toBe(prompt.slice('Be exact.'.length).trim());
  expect(text).toBeNull();
});

test('places are filled once: what is put in is not filled again', () => {
  const { frame } = reactPrompt('{{instruction}}|{{tool_names}}|{{unknown}}|{{query}}', tools);
  expect(frame('{{tools}} $1 $&')).toBe('{{tools}} $1 $&|lookup, draw|{{unknown}}|');
});

test('a template with a place for the query lays out the whole text', () => {
  const { text } = reactPrompt(
    '{{instruction}}\n{{historic_messages}}\n{{query}}\n{{agent_scratchpad}}Thought:',
    tools,
  );
  expect(
    text?.({ instruction: 'I', historic_messages: 'H', query: '{{tools}}', agent_scratchpad: 'W\n' }),
  ).toBe('I\nH\n{{tools}}\nW\nThought:');
});

test('the work so far: thoughts, actions and results', () => {
  expect(
    scratchpad([
      thought('I look.', use({})),
      thought('', use({ name: 'draw', arguments: 'not JSON', output: null })),
      thought('Hm.'),
    ]),
  ).toBe(
    [
      'Thought: I look.\n\nAction: {"action":"lookup","action_input":{"q":"x"}}\n\nObservation: found\n\n',
      'Thought: \n\nAction: {"action":"draw","action_input":"not JSON"}\n\nObservation: \n\n',
      'Thought: Hm.\n\n',
    ].join(''),
  );
  expect(scratchpad([])).toBe('');
});
